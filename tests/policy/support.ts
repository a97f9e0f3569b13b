import type { ResourceValidationArgs } from "@pulumi/policy";
import { type KubernetesObject, kubernetesObject } from "../../policy/objects/object.ts";
import { policies } from "../../policy/policies.ts";

/** An image digest. */
export const DIGEST = `sha256:${"0123456789abcdef".repeat(4)}`;

/** A container that violates no rule. */
export const GOOD_CONTAINER = {
  name: "app",
  image: `registry.example.com/app@${DIGEST}`,
  resources: { requests: { cpu: "100m", memory: "64Mi" }, limits: { memory: "64Mi" } },
  securityContext: { allowPrivilegeEscalation: false },
};

/** Fields of an object. @default for `apiVersion`: that of the kind */
export interface Fields {
  readonly kind: string;
  readonly apiVersion?: string;
  readonly [field: string]: unknown;
}

const API_VERSIONS: Readonly<Record<string, string>> = {
  Deployment: "apps/v1",
  StatefulSet: "apps/v1",
  DaemonSet: "apps/v1",
  ReplicaSet: "apps/v1",
  Job: "batch/v1",
  CronJob: "batch/v1",
};

/** An object in the form that the rules receive; named `x` in namespace `ml` by default. */
export function object(fields: Fields, { patch = false, protect = false } = {}): KubernetesObject {
  const { kind, apiVersion = API_VERSIONS[kind] ?? "v1" } = fields;
  const type = `kubernetes:${apiVersion.includes("/") ? "" : "core/"}${apiVersion}:${kind}${patch ? "Patch" : ""}`;
  const all = { apiVersion, metadata: { name: "x", namespace: "ml" }, ...fields };
  const found = kubernetesObject(type, "logical", all, protect);
  if (found === undefined) throw new Error(`${type} is no Kubernetes object`);
  return found;
}

/** Fields of an object of a kind that creates pods, with the given pod spec. */
export function workload(kind: string, spec: Readonly<Record<string, unknown>>): Fields {
  if (kind === "Pod") return { kind, spec };
  if (kind === "CronJob") return { kind, spec: { jobTemplate: { spec: { template: { spec } } } } };
  return { kind, spec: { template: { spec } } };
}

/** Path of the pod spec in kinds that create pods. */
export function podPath(kind: string): string {
  if (kind === "Pod") return "spec";
  return kind === "CronJob" ? "spec.jobTemplate.spec.template.spec" : "spec.template.spec";
}

/** A pod with one container that violates no rule, except for the given fields. */
export function podOf(container: Readonly<Record<string, unknown>>, options?: { readonly patch?: boolean }) {
  return object(workload("Pod", { containers: [{ ...GOOD_CONTAINER, ...container }] }), options);
}

/** The violations reported to the engine for a resource, one line each: `<level> <policy>: <message>`. */
export async function judge(
  resource: { readonly type: string; readonly props: Record<string, unknown>; readonly protect?: boolean },
  {
    environment,
    config = {},
  }: { readonly environment?: string; readonly config?: Readonly<Record<string, object>> } = {},
): Promise<string[]> {
  const lines: string[] = [];
  for (const { name, enforcementLevel, validateResource } of policies(environment)) {
    for (const validate of [validateResource].flat()) {
      await validate?.(asked(resource, config[name] ?? {}), (message) => {
        lines.push(`${enforcementLevel} ${name}: ${message}`);
      });
    }
  }
  return lines;
}

function asked(
  {
    type,
    props,
    protect = false,
  }: { readonly type: string; readonly props: Record<string, unknown>; readonly protect?: boolean },
  config: object,
): ResourceValidationArgs {
  return {
    type,
    props,
    urn: `urn:pulumi:test::ml-platform::${type}::logical`,
    name: "logical",
    opts: {
      protect,
      ignoreChanges: [],
      aliases: [],
      customTimeouts: { createSeconds: 0, updateSeconds: 0, deleteSeconds: 0 },
      additionalSecretOutputs: type.includes(":Secret") ? ["data", "stringData"] : [],
    },
    stackTags: new Map(),
    isType: () => false,
    asType: () => undefined,
    getConfig: <T extends object>() => config as T,
    notApplicable: (reason) => {
      throw new Error(reason);
    },
  };
}
