import { writeFile } from "node:fs/promises";
import { parse } from "yaml";
import { toYaml } from "../../../render/yaml.ts";
import { demoStackFile, faultyVersion } from "../../../rollout/demo/stack.ts";

/** Name of the stack, of its namespace, and the first part of its path at the gateway. */
export const STACK = "metrics";

/** Pods that its quota allows. */
export const QUOTA_PODS = 12;

/** One run at a time of 0.1 s each, in a thread beside the server, and room for 15 requests that wait: at most ten a second. */
const BUSY = faultyVersion("2", "slow");
const QUEUE = { THREAD_AFTER_MS: "0", MAX_BATCH_SIZE: "1", MAX_QUEUE_SIZE: "15" };

/**
 * Writes the file of a stack with a canary that gets half of the requests. Its alerts have their own thresholds, except that a
 * condition need not hold for five minutes, and that equal versions on a busy machine may differ more.
 *
 * @param canary whether the canary can answer only ten requests a second, or is like the stable version
 */
export async function writeStack(file: string, canary: "busy" | "equal"): Promise<void> {
  const rollout = {
    steps: [50],
    goals: [
      { kind: "errors", margin: 0.05 },
      { kind: "slow", seconds: 0.1, margin: 0.05 },
    ],
  };
  const { config } = parse(await demoStackFile({ name: STACK, rollout })) as { config: StackConfig };
  const [model] = config.models;
  if (model === undefined) throw new Error("the stack has a model");
  const [stable] = model.versions;
  const busy = { ...BUSY, environment: { ...Object(BUSY["environment"]), ...QUEUE } };
  const changed = {
    ...config,
    namespace: { ...config.namespace, quota: { hard: { pods: String(QUOTA_PODS) } } },
    monitoring: { ...config.monitoring, alerts: { forSeconds: 20, canaryLatencyFactor: 4 } },
    models: [
      {
        ...model,
        versions: [stable, canary === "busy" ? busy : { version: "2" }],
        traffic: { ...model.traffic, canaryWeight: 50 },
      },
    ],
  };
  await writeFile(file, toYaml({ config: changed }));
}

interface StackConfig {
  readonly namespace: object;
  readonly monitoring: object;
  readonly models: readonly { readonly versions: readonly object[]; readonly traffic: object }[];
}
