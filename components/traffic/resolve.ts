import { defaults } from "../defaults/defaults.ts";
import { type WithDefaults, withDefaults } from "../defaults/with-defaults.ts";
import type {
  MirrorArgs,
  RateLimitArgs,
  RetryArgs,
  RouteSettings,
  TlsArgs,
  TrafficArgs,
  WeightedBackend,
} from "./traffic-args.ts";

/** A route with every default filled in. Resolving a resolved route changes nothing. */
export interface ResolvedRoute extends WithDefaults<RouteSettings, "path" | "canaryWeight"> {
  readonly retries: Required<RetryArgs> | false;
  readonly rateLimit: Required<RateLimitArgs> | undefined;
  readonly tls: WithDefaults<TlsArgs, "redirect"> | undefined;
}

/**
 * @param route settings of a route; those that this function does not know are kept
 * @param canaryWeight weight of a canary that sets none
 */
export function resolveRoute<T extends RouteSettings & { readonly canary?: unknown }>(
  route: T,
  canaryWeight: number = defaults.traffic.canaryWeight,
): T & ResolvedRoute {
  const { retries = {}, rateLimit, tls } = route;
  return {
    ...route,
    path: route.path ?? defaults.traffic.path,
    canaryWeight: route.canaryWeight ?? (route.canary === undefined ? 0 : canaryWeight),
    retries: retries !== false && { attempts: retries.attempts ?? defaults.traffic.attempts },
    rateLimit: rateLimit && withDefaults(defaults.traffic.rateLimit, rateLimit),
    tls: tls && withDefaults(defaults.traffic.tls, tls),
  };
}

/** Shadow traffic with its share decided. */
export function resolveMirror<T extends { readonly percent?: number }>(mirror: T): T & { readonly percent: number } {
  return { ...mirror, percent: mirror.percent ?? defaults.traffic.mirror.percent };
}

/** The traffic of one model with every default filled in. */
export type ResolvedTraffic = ResolvedRoute &
  Pick<TrafficArgs, "namespace" | "stable" | "canary"> & {
    readonly others: readonly WeightedBackend[];
    readonly mirror?: Required<MirrorArgs>;
  };

export function resolveTraffic({ mirror, others = [], ...args }: TrafficArgs): ResolvedTraffic {
  return { ...resolveRoute(args), others, mirror: mirror && resolveMirror(mirror) };
}
