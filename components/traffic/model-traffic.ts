import type { Backend } from "../kubernetes/service.ts";
import type { MirrorArgs, RouteSettings, TrafficArgs } from "./traffic-args.ts";

/** The traffic of a model of a resolved stack, which names versions. */
interface ModelTraffic extends RouteSettings {
  readonly stable: string;
  readonly canary?: string;
  /** Percents of more versions. */
  readonly weights: Readonly<Record<string, number>>;
  readonly mirror?: Omit<MirrorArgs, "backend"> & { readonly version: string };
}

/**
 * The traffic of a model, with the backends of the versions that it names.
 *
 * @param entry name of the model's entry in the stack
 */
export function modelTraffic(
  entry: string,
  { stable, canary, weights, mirror, ...route }: ModelTraffic,
  models: { backend(version: { entry: string; version: string }): Backend },
): Omit<TrafficArgs, "namespace" | "gateway"> {
  const backend = (version: string) => models.backend({ entry, version });
  return {
    ...route,
    stable: backend(stable),
    canary: canary === undefined ? undefined : backend(canary),
    others: Object.entries(weights).map(([version, percent]) => ({ backend: backend(version), percent })),
    mirror: mirror && { percent: mirror.percent, backend: backend(mirror.version) },
  };
}
