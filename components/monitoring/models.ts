import type { ComparedVersions } from "./alerts.ts";
import type { MonitoringArgs } from "./monitoring.ts";

/** A model of a resolved stack, as far as monitoring is concerned. */
interface Model {
  readonly model: string;
  readonly app: string;
  readonly traffic?: { readonly stable: string; readonly canary?: string };
}

/** What monitoring watches of a stack's models: the Services of each app, and each canary beside its stable version. */
export function monitoredModels(models: readonly Model[]): Pick<MonitoringArgs, "apps" | "compared"> {
  return { apps: [...new Set(models.map(({ app }) => app))], compared: models.flatMap(comparedVersions) };
}

function comparedVersions({ model, traffic }: Model): ComparedVersions[] {
  if (traffic?.canary === undefined) return [];
  return [{ model, stable: traffic.stable, canary: traffic.canary }];
}
