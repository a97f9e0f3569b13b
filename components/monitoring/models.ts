import { defaults } from "../defaults/defaults.ts";
import type { ComparedVersions } from "./alerts.ts";
import type { MonitoringArgs } from "./monitoring.ts";

/** A model of a resolved stack, as far as monitoring is concerned. */
interface Model {
  readonly model: string;
  readonly app: string;
  readonly versions: readonly { readonly container: { readonly metricsPath: string } }[];
  readonly traffic?: { readonly stable: string; readonly canary?: string; readonly weights?: object };
}

/** What monitoring watches of a stack's models: the Services of each app, and each version with a share of its own beside the stable one. */
export function monitoredModels(
  models: readonly Model[],
): Pick<MonitoringArgs, "apps" | "appsWithMetricsPath" | "compared"> {
  const otherPath = models.filter(({ versions }) =>
    versions.some(({ container }) => container.metricsPath !== defaults.metricsPath),
  );
  return {
    apps: appsOf(models),
    appsWithMetricsPath: appsOf(otherPath),
    compared: models.flatMap(comparedVersions),
  };
}

function appsOf(models: readonly Model[]): string[] {
  return [...new Set(models.map(({ app }) => app))];
}

function comparedVersions({ model, traffic }: Model): ComparedVersions[] {
  if (traffic === undefined) return [];
  const { stable, canary, weights = {} } = traffic;
  return [...(canary === undefined ? [] : [canary]), ...Object.keys(weights)].map((version) => ({
    ...{ model, stable, canary: version },
  }));
}
