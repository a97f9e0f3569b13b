import { kubernetesName } from "../../components/kubernetes/names.ts";
import { sizeText } from "../../components/kubernetes/quantity.ts";
import type { GpuPlacement } from "../../components/platform/gpu-pool.ts";
import {
  type ModelNames,
  type ResolvedSource,
  type ResolvedVersionSettings,
  resolveModelNames,
  resolveVersion,
} from "../../components/serving/resolve.ts";
import { type ResolvedRoute, resolveMirror, resolveRoute } from "../../components/traffic/resolve.ts";
import type { WrittenStack } from "../schema/stack.ts";
import { longestBody } from "./body-limit.ts";
import { type CanaryRollout, resolveCanaryRollout } from "./canary-rollout.ts";
import { type PrometheusPlace, withPrometheus } from "./keda.ts";

type WrittenModel = WrittenStack["models"][number];
type WrittenSource = NonNullable<WrittenModel["versions"][number]["source"]>;
type WrittenTraffic = NonNullable<WrittenModel["traffic"]>;

/** A version of a model with its own settings, those of its model and of all models, and every default. */
export type StackVersion = Omit<WrittenModel["versions"][number], "source"> &
  ResolvedVersionSettings & { readonly source?: ResolvedSource & { readonly secret?: string } };

/** How requests reach the versions of a model; the weight of the canary is decided. */
export type StackTraffic = Omit<WrittenTraffic, "mirror"> &
  ResolvedRoute & {
    /** Percents of the versions beside the stable one and the canary. */
    readonly weights: Readonly<Record<string, number>>;
    readonly mirror?: { readonly version: string; readonly percent: number };
  };

/** A model of the stack. */
export interface StackModel extends ModelNames {
  /** Name of the entry as it is written. */
  readonly name?: string;
  /** Version that gets the traffic, or the first version of a model without traffic. */
  readonly stable: string;
  readonly versions: readonly StackVersion[];
  readonly traffic?: StackTraffic;
  /** How a canary gets to all of the requests; undefined: by hand. */
  readonly rollout?: CanaryRollout;
}

/**
 * @param stack a stack whose versions have the defaults of their models
 * @param gpus where pods with GPUs run
 * @param prometheus that KEDA asks
 */
export function resolveModels(stack: WrittenStack, gpus?: GpuPlacement, prometheus?: PrometheusPlace): StackModel[] {
  const { models, secrets } = stack;
  return models.map(({ model, name, app, versions, traffic, rollout }) => {
    const names = resolveModelNames({ model, entry: name, app });
    return {
      ...names,
      name,
      stable: traffic?.stable ?? versions[0]?.version ?? "",
      versions: versions.map(({ source, autoscaling, ...version }) =>
        resolveVersion(
          names,
          {
            ...version,
            source: source && withSecretKind(source, secrets),
            autoscaling: withPrometheus(autoscaling, prometheus),
          },
          gpus,
        ),
      ),
      traffic: traffic && resolveTraffic(stack, traffic, versions),
      rollout: rollout && resolveCanaryRollout(rollout),
    };
  });
}

function withSecretKind(source: WrittenSource, secrets: WrittenStack["secrets"]) {
  const isRegistry = source.secret !== undefined && secrets[source.secret]?.registry !== undefined;
  return { ...source, secretKind: isRegistry ? ("registry" as const) : ("values" as const) };
}

function resolveTraffic(
  { canaryWeight, gateway, configMaps }: WrittenStack,
  { mirror, weights = {}, ...route }: WrittenTraffic,
  versions: WrittenModel["versions"],
): StackTraffic {
  const resolved = resolveRoute(route, canaryWeight);
  // The controllers of Ingresses have a limit of their own, 1 MiB, where the route gives none. It stays where Traefik
  // repeats requests: it sets aside memory for the longest body with each of them, and 32 MiB would exhaust its pod.
  const repeats = gateway?.implementation === "traefik" && resolved.retries !== false;
  const hasOwn = gateway?.api !== "Ingress" || repeats;
  const bodyLimit = resolved.bodyLimit ?? (hasOwn ? undefined : sizeText(longestBody(versions, configMaps)));
  return { ...resolved, bodyLimit, weights, mirror: mirror && resolveMirror(mirror) };
}

/** A reference to a model, by the model's name or that of its entry, as the name of the entry. */
export function entryOf(model: string): string {
  return kubernetesName(model);
}
