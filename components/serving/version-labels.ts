import { kubernetesName } from "../kubernetes/names.ts";
import type { ModelVersionArgs } from "./version-args.ts";

/** `component` of every pod that serves a model. */
export const SERVER_COMPONENT = "model-server";

type Labelled = Pick<ModelVersionArgs, "version" | "selector" | "labels">;

/** The labels that pick one version's pods. Small and constant: a Deployment's selector can never change. */
export function selectorLabels(app: string, { selector, version }: Labelled): Readonly<Record<string, string>> {
  return selector ?? { app, version: `v${version}` };
}

/** The labels of one version's pods. */
export function podLabels(app: string, settings: Labelled): Readonly<Record<string, string>> {
  return {
    app,
    version: `v${settings.version}`,
    component: SERVER_COMPONENT,
    ...settings.labels,
    ...settings.selector,
  };
}

/**
 * The name of a version's resources in the stack.
 *
 * @param entry name of the model's entry in the stack
 */
export function versionResourceName(entry: string, version: string): string {
  return `${kubernetesName(entry)}-v${version}`;
}
