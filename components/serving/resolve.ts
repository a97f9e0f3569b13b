import { defaults } from "../defaults/defaults.ts";
import { type WithDefaults, withDefaults } from "../defaults/with-defaults.ts";
import { resolveAutoscaling } from "../kubernetes/autoscaling.ts";
import { resolvePlacement } from "../kubernetes/container.ts";
import { kubernetesName } from "../kubernetes/names.ts";
import { type ResolvedProbes, resolveProbes } from "../kubernetes/probes.ts";
import { type RolloutArgs, resolveRollout } from "../kubernetes/rollout.ts";
import { type ResolvedService, resolveService } from "../kubernetes/service.ts";
import type { ContainerArgs, SchedulingArgs, TopologySpread, VersionSettings } from "./version-args.ts";
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
  readonly topologySpread: readonly Required<TopologySpread>[];
};

/** What {@link resolveVersion} decides about a version. Resolving a resolved version changes nothing. */
export interface ResolvedVersionSettings
  extends WithDefaults<
    VersionSettings,
    "replicas" | "resources" | "labels" | "selector" | "environment" | "secretEnvironment" | "modelVersion"
  > {
  /** Name of the version's resources in the stack. */
  readonly resourceName: string;
  readonly container: Required<ContainerArgs>;
  readonly scheduling: ResolvedScheduling;
  readonly probes: ResolvedProbes;
  readonly rollout: Required<RolloutArgs>;
  readonly service: ResolvedService;
  readonly additionalServices: readonly ResolvedService[];
}

/** A version of a model with every default filled in; settings that this function does not know are kept. */
export function resolveVersion<T extends VersionSettings>(
  { entry, app }: Pick<ModelNames, "entry" | "app">,
  settings: T,
): T & ResolvedVersionSettings {
  const { version, autoscaling } = settings;
  const container = resolveContainer(settings.container);
  return {
    ...settings,
    resourceName: `${entry}-v${version}`,
    replicas: settings.replicas ?? defaults.version.replicas,
    resources: settings.resources ?? defaults.version.resources,
    container,
    labels: podLabels(app, settings),
    selector: selectorLabels(app, settings),
    scheduling: resolveScheduling(settings.scheduling),
    probes: resolveProbes(settings.probes),
    rollout: resolveRollout(settings.rollout),
    service: resolveService(settings.service, container.metricsPort),
    additionalServices: (settings.additionalServices ?? []).map((more) => resolveService(more, container.metricsPort)),
    autoscaling: autoscaling && resolveAutoscaling(autoscaling),
    environment: settings.environment ?? {},
    secretEnvironment: settings.secretEnvironment ?? {},
    modelVersion: settings.modelVersion ?? version,
  };
}

/** Name and ports of the server's container with every default filled in. */
export function resolveContainer(container: ContainerArgs = {}): Required<ContainerArgs> {
  return withDefaults<ContainerArgs, keyof ContainerArgs>(defaults.version.container, container);
}

function resolveScheduling(scheduling: SchedulingArgs = {}): ResolvedScheduling {
  const topologySpread: readonly TopologySpread[] = scheduling.topologySpread ?? defaults.version.topologySpread;
  return {
    ...scheduling,
    ...resolvePlacement(scheduling),
    topologySpread: topologySpread.map((spread) => withDefaults(defaults.topologySpread, spread)),
  };
}
