import * as pulumi from "@pulumi/pulumi";
import { defaults } from "../../components/defaults/defaults.ts";
import type { RenderedObject } from "../../render/rendered.ts";

/** The input of the process: JSON on its command line. */
export interface Change {
  /** Path of a default in `defaults`, such as `version.replicas`. */
  readonly path: string;
  readonly value: unknown;
  /** Configuration of the stack. */
  readonly settings: Readonly<Record<string, unknown>>;
}

/** The output of the process, as JSON. */
export interface Effect {
  /** Text of docs/config.md. */
  readonly reference: string;
  /** The mistakes that the checks report, one line each. */
  readonly problems: readonly string[];
  readonly cost: unknown;
  readonly objects: readonly RenderedObject[];
}

/**
 * Changes one default, and then loads and runs the whole program. This takes a separate process, because the schema quotes
 * the defaults when it is loaded.
 */
async function main({ path, value, settings }: Change): Promise<Effect> {
  const keys = path.split(".");
  const last = keys.pop() ?? "";
  const parent = keys.reduce<object>((part, key) => Reflect.get(part, key), defaults);
  if (!Object.hasOwn(parent, last)) throw new Error(`there is no default ${path}`);
  Reflect.set(parent, last, value);

  const { configReference } = await import("../../config/reference.ts");
  const { checkStack, estimateCost } = await import("../../config/index.ts");
  const { stack, problems } = checkStack(settings);
  if (stack === undefined) throw new Error(problems.map(({ message }) => message).join("\n"));

  const { recordObjects } = await import("../../render/monitor.ts");
  const objects = await recordObjects("p", "test");
  const { namespace, ...others } = settings;
  // The program rejects a stack that does not fit its quota.
  const deployed = { ...others, namespace: { ...(namespace as object), quota: undefined } };
  pulumi.runtime.setAllConfig(
    Object.fromEntries(Object.entries(deployed).map(([key, setting]) => [`p:${key}`, asText(setting)])),
  );
  await import("../../index.ts");
  await pulumi.runtime.disconnect();
  return {
    reference: configReference(),
    problems: problems.map((problem) => `${problem.path}: ${problem.message}`),
    cost: estimateCost(stack),
    objects,
  };
}

function asText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

if (import.meta.main) {
  process.stdout.write(JSON.stringify(await main(JSON.parse(process.argv[2] ?? "{}"))));
}
