import { writeFile } from "node:fs/promises";
import { parse } from "yaml";
import { toYaml } from "../../../render/yaml.ts";
import { demoStackFile, faultyVersion } from "../../../rollout/demo/stack.ts";

/** One run at a time of 0.1 s each, in a thread beside the server, and room for 15 requests that wait: at most ten a second. */
const BUSY = faultyVersion("2", "slow");
const QUEUE = { THREAD_AFTER_MS: "0", MAX_BATCH_SIZE: "1", MAX_QUEUE_SIZE: "15" };

/** A stack of the demonstration's model, with a canary that gets half of the requests. */
export interface BusyStack {
  /** Of the stack, its namespace and the first part of its path at the gateway. */
  readonly name: string;
  /** Whether the canary can answer only ten requests a second, or is like the stable version. */
  readonly canary: "busy" | "equal";
  /** Address of its Prometheus. @default the operator's own Service */
  readonly prometheus?: string;
  /** Settings of the namespace. @default none */
  readonly namespace?: object;
  /** Settings of the alerts. @default none */
  readonly alerts?: object;
}

/** Writes the stack's file. */
export async function writeBusyStack(
  file: string,
  { name, canary, prometheus, namespace = {}, alerts = {} }: BusyStack,
): Promise<void> {
  const rollout = {
    steps: [50],
    goals: [
      { kind: "errors", margin: 0.05 },
      { kind: "slow", seconds: 0.1, margin: 0.05 },
    ],
  };
  const place = prometheus === undefined ? {} : { prometheus };
  const { config } = parse(await demoStackFile({ name, rollout, ...place })) as { config: StackConfig };
  const [model] = config.models;
  if (model === undefined) throw new Error("the stack has a model");
  const [stable] = model.versions;
  const busy = { ...BUSY, environment: { ...Object(BUSY["environment"]), ...QUEUE } };
  const changed = {
    ...config,
    namespace: { ...config.namespace, ...namespace },
    monitoring: { ...config.monitoring, alerts },
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
