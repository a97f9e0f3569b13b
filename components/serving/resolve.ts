import { defaults } from "../defaults/defaults.ts";
import { type WithDefaults, withDefaults } from "../defaults/with-defaults.ts";
import { resolveAutoscaling } from "../kubernetes/autoscaling.ts";
import { resolvePlacement } from "../kubernetes/container.ts";
import { kubernetesName } from "../kubernetes/names.ts";
import { MODELS_PATH } from "../kubernetes/pod.ts";
import { type ResolvedProbes, resolveProbes } from "../kubernetes/probes.ts";
import { type RolloutArgs, resolveRollout } from "../kubernetes/rollout.ts";
import { type ResolvedService, resolveService } from "../kubernetes/service.ts";
import { type GpuPlacement, gpuPlacement, resolveGpus } from "../platform/gpu-pool.ts";
import type { ContainerArgs, SchedulingArgs, SourceArgs, TopologySpread, VersionSettings } from "./version-args.ts";
import { podLabels, selectorLabels } from "./version-labels.ts";

/** The names of a model in a stack. */
export interface ModelNames {
  /** Name of the model in the registry. */
  readonly model: string;
  /** Name of the model's entry in the stack, which begins the names of its resources. */
  readonly entry: string;
  /** Label `app` of the model's pods. */
  readonly app: string;
}

/** @param names of these only `model` has to be set */
export function resolveModelNames({ model, entry, app }: Partial<ModelNames> & Pick<ModelNames, "model">): ModelNames {
  const resolvedEntry = kubernetesName(entry ?? model);
  return { model, entry: resolvedEntry, app: app ?? resolvedEntry };
}

type ResolvedScheduling = Omit<SchedulingArgs, "topologySpread"> & {
  readonly topologySpread: readonly WithDefaults<TopologySpread, "maxSkew" | "whenUnsatisfiable">[];
};

/** Where a model comes from, with every default filled in. */
export type ResolvedSource = WithDefaults<
  SourceArgs,
  "secretKind" | "environment" | "storage" | "imageVolume" | "deadlineSeconds"
>;

/** What {@link resolveVersion} decides about a version. Resolving a resolved version changes nothing. */
export interface ResolvedVersionSettings
  extends WithDefaults<
    VersionSettings,
    | "replicas"
    | "resources"
    | "labels"
    | "selector"
    | "environment"
    | "secretEnvironment"
    | "modelVersion"
    | "modelsPath"
  > {
  /** Name of the version's resources in the stack. */
  readonly resourceName: string;
  readonly container: ResolvedContainer;
  readonly scheduling: ResolvedScheduling;
  readonly source?: ResolvedSource;
  readonly probes: ResolvedProbes;
  readonly rollout: Required<RolloutArgs>;
  readonly service: ResolvedService;
  readonly additionalServices: readonly ResolvedService[];
}

/**
 * A version of a model with every default filled in.
 *
 * @param settings those that this function does not know are kept
 * @param gpus where pods with GPUs run
 */
export function resolveVersion<T extends VersionSettings>(
  { entry, app }: Pick<ModelNames, "entry" | "app">,
  settings: T,
  gpus?: GpuPlacement,
): T & ResolvedVersionSettings {
  const { version, autoscaling } = settings;
  const ownImage = settings.image !== undefined;
  const container = resolveContainer(settings.container, ownImage);
  return {
    ...settings,
    resourceName: `${entry}-v${version}`,
    replicas: settings.replicas ?? defaults.version.replicas,
    ...resolveGpus(settings, settings.resources ?? defaults.version.resources, gpus),
    container,
    labels: podLabels(app, settings),
    selector: selectorLabels(app, settings),
    scheduling: resolveScheduling(onGpuNodes(settings, gpus)),
    source: settings.source && resolveSource(settings.source),
    probes: resolveProbes(settings.probes, ownImage),
    rollout: resolveRollout(settings.rollout, ownImage),
    ...resolveServices(settings, container),
    autoscaling: autoscaling && resolveAutoscaling(autoscaling),
    environment: settings.environment ?? {},
    secretEnvironment: settings.secretEnvironment ?? {},
    modelVersion: settings.modelVersion ?? version,
    modelsPath: settings.modelsPath ?? (ownImage && settings.source === undefined ? false : MODELS_PATH),
  };
}

/** The Services of a version. Only one has the metrics unless others ask for them, because every Service that has is scraped. */
function resolveServices({ service, additionalServices = [] }: VersionSettings, container: ResolvedContainer) {
  const first = resolveService(service, container);
  let hasMetrics = first.metricsPort !== false;
  const more = additionalServices.map((settings) => {
    const resolved = resolveService(settings, hasMetrics ? undefined : container);
    hasMetrics ||= resolved.metricsPort !== false;
    return resolved;
  });
  return { service: first, additionalServices: more };
}

/** Name and ports of the server's container with every default filled in. */
export type ResolvedContainer = Required<ContainerArgs>;

/** @param ownImage whether the server is another one than the project's, which may have no metrics */
export function resolveContainer(container: ContainerArgs = {}, ownImage = false): ResolvedContainer {
  const { port, ...fallback } = { ...defaults.version.container, metricsPath: defaults.metricsPath, ports: {} };
  const known = { ...container, port: container.port ?? port };
  const ownMetrics = container.metricsPath === undefined ? (false as const) : known.port;
  return withDefaults<ContainerArgs, keyof ContainerArgs>(
    { ...fallback, port, ...(ownImage ? { metricsPort: ownMetrics } : {}) },
    known,
  );
}

/** Pods with GPUs run on the GPU nodes, unless they are placed elsewhere. */
function onGpuNodes(
  { gpus: count, scheduling = {} }: VersionSettings,
  gpus: GpuPlacement = gpuPlacement(),
): SchedulingArgs {
  if (count === undefined) return scheduling;
  const { nodeSelector = gpus.nodeSelector, tolerations = gpus.tolerations } = scheduling;
  return { ...scheduling, nodeSelector, tolerations };
}

function resolveSource(source: SourceArgs): ResolvedSource {
  return { ...defaults.source, secretKind: "values", environment: {}, ...source };
}

function resolveScheduling(scheduling: SchedulingArgs = {}): ResolvedScheduling {
  const topologySpread: readonly TopologySpread[] = scheduling.topologySpread ?? defaults.version.topologySpread;
  return {
    ...scheduling,
    ...resolvePlacement(scheduling),
    topologySpread: topologySpread.map((spread) => withDefaults(defaults.topologySpread, spread)),
  };
}
