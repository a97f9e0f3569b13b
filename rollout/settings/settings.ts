import { isDeepStrictEqual } from "node:util";
import { roundedPercent } from "../../components/traffic/weights.ts";
import type { Plan } from "../decide/plan.ts";

/** The settings of one version that say how many pods it has, as they are written; absent ones are inherited. */
export interface Capacity {
  readonly replicas?: number;
  readonly autoscaling?: Autoscaling;
  readonly disruptionBudget?: Readonly<Record<string, unknown>>;
}

export type Autoscaling = Readonly<Record<string, unknown>> & {
  readonly name?: string;
  readonly minReplicas: number;
  readonly maxReplicas: number;
};

export const CAPACITY_KEYS = ["replicas", "autoscaling", "disruptionBudget"] as const;

/** The part of a stack file that a rollout changes. Plain data, for the record. */
export interface Settings {
  readonly stable: string;
  readonly canary: string;
  /** Percent of the requests for the canary. */
  readonly weight: number;
  /** Of the stable version and of the canary. */
  readonly capacity: Readonly<Record<string, Capacity>>;
}

/** How many pods a version has by its settings, inherited ones included. */
export interface Pods {
  readonly replicas: number;
  readonly autoscaling?: Autoscaling;
}

/** A model's settings, and what follows from them. */
export interface ModelView {
  readonly settings: Settings;
  /** By version. */
  readonly pods: Readonly<Record<string, Pods>>;
}

export function sameSettings(one: Settings, other: Settings): boolean {
  return isDeepStrictEqual(plain(one), plain(other));
}

/** Without keys whose value is undefined: JSON does not keep them. */
function plain(settings: Settings): unknown {
  return JSON.parse(JSON.stringify(settings));
}

/** Whether the same versions have the same shares, whatever their pods. */
export function sameTraffic(one: Settings, other: Settings): boolean {
  return one.stable === other.stable && one.canary === other.canary && one.weight === other.weight;
}

/** Pods that a version needs for a share of what the stable version's pods serve. */
export function podsFor(share: number, stablePods: number): number {
  return Math.max(1, Math.ceil(share * stablePods - 1e-9));
}

/** The settings with at least so many pods of a version; an autoscaled one gets them as its minimum. */
export function withPods({ settings, pods }: ModelView, version: string, least: number): Settings {
  const present = pods[version];
  const written = settings.capacity[version] ?? {};
  if (present?.autoscaling !== undefined) {
    const wanted = Math.min(least, present.autoscaling.maxReplicas);
    if (present.autoscaling.minReplicas >= wanted) return settings;
    return withCapacity(settings, version, {
      ...written,
      autoscaling: { ...present.autoscaling, minReplicas: wanted },
    });
  }
  if ((present?.replicas ?? 0) >= least) return settings;
  return withCapacity(settings, version, { ...written, replicas: least });
}

function withCapacity(settings: Settings, version: string, capacity: Capacity): Settings {
  return { ...settings, capacity: { ...settings.capacity, [version]: capacity } };
}

/**
 * The settings of each step of a move to another share, in the order in which they are deployed: pods before weight where the
 * share rises, weight first where it falls.
 *
 * @param weight percent for the canary
 * @param stablePods ready pods of the stable version
 */
export function moveToWeight(view: ModelView, weight: number, stablePods: number): Settings[] {
  const { settings } = view;
  if (weight <= settings.weight) return [{ ...settings, weight }];
  const prepared = withPods(view, settings.canary, podsFor(weight / 100, stablePods));
  return distinct([prepared, { ...prepared, weight }]);
}

/**
 * The end of a rollout that is aborted: no requests for the canary, then the pods that it had before, unless somebody has
 * changed them since.
 *
 * @param before the settings that the rollout started from
 * @param ours the settings that the rollout itself has written last; undefined if it has written none
 */
export function moveBack({ settings }: ModelView, before: Settings, ours: Settings | undefined): Settings[] {
  const { canary } = settings;
  const withdrawn = { ...settings, weight: 0 };
  const untouched = isDeepStrictEqual(ours?.capacity[canary], settings.capacity[canary]);
  const restored = untouched ? withCapacity(withdrawn, canary, before.capacity[canary] ?? {}) : withdrawn;
  return distinct([withdrawn, restored]);
}

/**
 * The end of a rollout that succeeds: the canary gets the stable version's pods, then all requests, then the two change places.
 * The old version keeps as many pods as the canary had before, so that going back is one change of weight.
 *
 * @param before the settings that the rollout started from
 * @param stablePods ready pods of the stable version
 */
export function moveUp(view: ModelView, before: Settings, stablePods: number): Settings[] {
  const { settings, pods } = view;
  const { stable, canary } = settings;
  const full = pods[stable];
  // An autoscaler adds more by itself, from what it has to begin with.
  const least = Math.max(stablePods, full?.autoscaling?.minReplicas ?? full?.replicas ?? 1);
  const prepared = withPods(raiseMaximum(view, least), canary, least);
  const all = { ...prepared, weight: 100 };
  const swapped: Settings = {
    stable: canary,
    canary: stable,
    weight: 0,
    capacity: {
      [canary]: renamed(settings.capacity[stable] ?? {}, before.capacity[canary] ?? {}),
      [stable]: renamed(before.capacity[canary] ?? {}, settings.capacity[stable] ?? {}),
    },
  };
  return distinct([prepared, all, swapped]);
}

/** The canary's own autoscaler may not reach what the stable version has. */
function raiseMaximum(view: ModelView, least: number): ModelView {
  const { canary } = view.settings;
  const present = view.pods[canary];
  if (present?.autoscaling === undefined || present.autoscaling.maxReplicas >= least) return view;
  const autoscaling = { ...present.autoscaling, maxReplicas: least };
  return { ...view, pods: { ...view.pods, [canary]: { ...present, autoscaling } } };
}

/** Capacity of one version for another, which keeps its own fixed names of objects. */
function renamed(capacity: Capacity, own: Capacity): Capacity {
  const keep = <T extends Readonly<Record<string, unknown>>>(
    value: T | undefined,
    theirs: Readonly<Record<string, unknown>> | undefined,
  ) => {
    if (value === undefined) return undefined;
    const { name: _, ...rest } = value;
    return theirs?.["name"] === undefined ? rest : { name: theirs["name"], ...rest };
  };
  const autoscaling = keep(capacity.autoscaling, own.autoscaling) as Autoscaling | undefined;
  const disruptionBudget = keep(capacity.disruptionBudget, own.disruptionBudget);
  return {
    ...(capacity.replicas === undefined ? {} : { replicas: capacity.replicas }),
    ...(autoscaling === undefined ? {} : { autoscaling }),
    ...(disruptionBudget === undefined ? {} : { disruptionBudget }),
  };
}

/** Without settings that repeat those before them. The first ones stay: where they are no change, pods are still waited for. */
function distinct(through: readonly Settings[]): Settings[] {
  return through.filter((each, index) => {
    const before = through[index - 1];
    return before === undefined || !sameSettings(each, before);
  });
}

/** The canary's weight of a step, in percent. */
export function stepWeight(plan: Plan, step: number): number {
  return roundedPercent(100 * (plan.steps[step]?.share ?? 0));
}
