import { setImmediate as nextTurn } from "node:timers/promises";
import * as pulumi from "@pulumi/pulumi";

/** A resource that a component registered. */
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
  /** URNs of the resources that it depends on. */
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
/** The function with which the SDK waits for pending calls at the end of a program. */
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

/** Runs a program and returns the resources that it registered, once all of them are registered. */
export async function record(program: () => unknown): Promise<Registered[]> {
  const start = registered.length;
  await program();
  // Resources that depend on outputs are registered later: repeat until no call is pending and no resource was added.
  for (let seen = -1; seen !== registered.length; ) {
    seen = registered.length;
    await runtime.waitForRPCs();
    await nextTurn();
  }
  return registered.slice(start);
}

/** The only registered resource of a kind; components do not count. */
export function only(resources: readonly Registered[], kind: string): Registered {
  const found = resources.filter(({ type }) => !type.startsWith("ml:") && type.split(":").at(-1) === kind);
  if (found.length !== 1) throw new Error(`${found.length} resources of kind ${kind}, not one`);
  return found[0] as Registered;
}

/** Options that a resource was registered with. */
export function optionsOf({ type, name }: Registered) {
  return options.get(`${type}::${name}`);
}
