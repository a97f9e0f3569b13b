import { setImmediate as nextTurn } from "node:timers/promises";
import * as pulumi from "@pulumi/pulumi";

/** A resource as a component registered it. */
export interface Registered {
  readonly type: string;
  readonly name: string;
  readonly inputs: Record<string, unknown>;
}

const registered: Registered[] = [];
const options = new Map<string, Options>();

/** Options that a resource was registered with. */
interface Options {
  readonly ignoreChanges: string[];
  readonly protect: boolean;
  readonly deleteBeforeReplace: boolean;
  /** URNs of what it depends on. */
  readonly dependencies: string[];
}

await pulumi.runtime.setMocks({
  newResource: ({ type, name, inputs }) => {
    registered.push({ type, name, inputs });
    const metadata = { name: `${name}-auto`, ...inputs.metadata };
    const result = type.includes("RandomPassword") ? { result: "generated" } : {};
    const pushed = name.includes("pushed") ? { digest: "sha256:0123" } : {};
    return { id: name, state: { ...inputs, metadata, ...result, ...pushed } };
  },
  call: () => ({}),
});
/** What the SDK itself waits with at the end of a program. */
const runtime = pulumi.runtime as unknown as { waitForRPCs(): Promise<void> };
const monitor = pulumi.runtime.getMonitor() as unknown as {
  registerResource(request: Request, callback: unknown): unknown;
};
interface Request {
  getName(): string;
  getType(): string;
  getIgnorechangesList(): string[];
  getProtect(): boolean;
  getDeletebeforereplace(): boolean;
  getDependenciesList(): string[];
}
const register = monitor.registerResource.bind(monitor);
monitor.registerResource = (request, callback) => {
  options.set(`${request.getType()}::${request.getName()}`, {
    ignoreChanges: request.getIgnorechangesList(),
    protect: request.getProtect(),
    deleteBeforeReplace: request.getDeletebeforereplace(),
    dependencies: request.getDependenciesList(),
  });
  return register(request, callback);
};

/** Runs a piece of program and yields what it registered, once all of it has been registered. */
export async function record(program: () => unknown): Promise<Registered[]> {
  const start = registered.length;
  await program();
  // What depends on outputs is registered later: until nothing is under way, and nothing more has come of that.
  for (let seen = -1; seen !== registered.length; ) {
    seen = registered.length;
    await runtime.waitForRPCs();
    await nextTurn();
  }
  return registered.slice(start);
}

/** The only resource of a provider's kind among those registered; components do not count. */
export function only(resources: readonly Registered[], kind: string): Registered {
  const found = resources.filter(({ type }) => !type.startsWith("ml:") && type.split(":").at(-1) === kind);
  if (found.length !== 1) throw new Error(`${found.length} resources of kind ${kind}, not one`);
  return found[0] as Registered;
}

/** Options that a resource was registered with. */
export function optionsOf({ type, name }: Registered) {
  return options.get(`${type}::${name}`);
}
