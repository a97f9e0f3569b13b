import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { parseDocument } from "yaml";
import { toYaml } from "../../render/yaml.ts";

/** The model of the demonstration, and the first version that its users get. */
export const MODEL = "iris";

/** What can be wrong with a version; see `faults.mts`. */
export type Fault = "rare-inputs" | "slow" | "crash";

/** A stack with one small model, made to be rolled out within minutes. */
export interface DemoStack {
  /** Name of the stack; also of its namespace, and the first part of its path at the gateway. */
  readonly name: string;
  /** Settings of the model's `rollout`. */
  readonly rollout: Readonly<Record<string, unknown>>;
  /** Address of its Prometheus. @default the operator's own Service */
  readonly prometheus?: string;
  /** Pods of version 1. @default 2 */
  readonly replicas?: number;
}

const RESOURCES = { requests: { cpu: "50m", memory: "128Mi" }, limits: { cpu: "1", memory: "384Mi" } };

/** Seconds between two scrapes, so that a look every few seconds sees something new. */
export const SCRAPE_SECONDS = 5;

/** Where its requests go, under the gateway's address. */
export function demoPath(name: string): string {
  return `/${name}/predict`;
}

/** The text of the stack's file: version 1, which serves, and version 2, which is like it. */
export async function demoStackFile({ name, rollout, prometheus, replicas = 2 }: DemoStack): Promise<string> {
  const faults = await readFile(path.join(import.meta.dirname, "faults.mts"), "utf8");
  const seed = ["1", "2", "3"].map((version) => ({ model: MODEL, version, task: "iris" }));
  const config = {
    environment: "dev",
    // Needed for a valid stack; the images are built and loaded by `up`.
    images: { registry: "localhost:5000/ml-platform" },
    namespace: { name },
    storage: {
      models: { name: "models", size: "100Mi", accessMode: "ReadWriteMany" },
      init: { seed, resources: { requests: { cpu: "50m", memory: "128Mi" }, limits: { cpu: "2", memory: "512Mi" } } },
    },
    extraObjects: [
      { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "faults" }, data: { "faults.mts": faults } },
    ],
    gateway: { name: "ml-gateway", namespace: "gateway-system", implementation: "traefik" },
    monitoring: {
      namespace: "monitoring",
      ...(prometheus === undefined ? {} : { prometheus }),
      intervalSeconds: SCRAPE_SECONDS,
      dashboards: false,
    },
    modelDefaults: { resources: RESOURCES },
    models: [
      {
        model: MODEL,
        versions: [{ version: "1", replicas }, { version: "2" }],
        traffic: { path: `/${name}`, stable: "1", canary: "2", canaryWeight: 0 },
        rollout,
      },
    ],
  };
  return toYaml({ config });
}

/** The settings that give a version its fault: the server loads it before itself. */
export function faultyVersion(version: string, fault: Fault): Readonly<Record<string, unknown>> {
  const mount = { name: "faults", mountPath: "/faults", readOnly: true };
  return {
    version,
    environment: { FAULT: fault, NODE_OPTIONS: "--max-semi-space-size=32 --import=/faults/faults.mts" },
    pod: {
      spec: {
        containers: [{ name: "model-server", volumeMounts: [mount] }],
        volumes: [{ name: "faults", configMap: { name: "faults" } }],
      },
    },
  };
}

/**
 * Makes a version the canary in a stack file, without a share of the requests. Its settings replace those of the version that
 * has its name, if there is one.
 */
export async function setCanary(file: string, version: Readonly<Record<string, unknown>>): Promise<void> {
  const document = parseDocument(await readFile(file, "utf8"));
  const { config } = document.toJS() as { config: { models: { versions: { version: string }[] }[] } };
  const kept = (config.models[0]?.versions ?? []).filter((each) => each.version !== version["version"]);
  document.setIn(["config", "models", 0, "versions"], [...kept, version]);
  document.setIn(["config", "models", 0, "traffic", "canary"], version["version"]);
  document.setIn(["config", "models", 0, "traffic", "canaryWeight"], 0);
  await writeFile(file, document.toString());
}
