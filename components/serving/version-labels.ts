import type { VersionSettings } from "./version-args.ts";

/** `component` of every pod that serves a model. */
export const SERVER_COMPONENT = "model-server";

type Labelled = Pick<VersionSettings, "version" | "selector" | "labels">;

/** The labels that select one version's pods. Small and constant, because a Deployment's selector can never change. */
export function selectorLabels(app: string, { selector, version }: Labelled): Readonly<Record<string, string>> {
  return selector ?? { app, version: versionLabel(version) };
}

/** The labels of one version's pods. */
export function podLabels(app: string, { version, labels, selector }: Labelled): Readonly<Record<string, string>> {
  return { app, version: versionLabel(version), component: SERVER_COMPONENT, ...labels, ...selector };
}

/** The labels of one version's Services. */
export function serviceLabels(app: string, version: string): Readonly<Record<string, string>> {
  return { app, version: versionLabel(version) };
}

function versionLabel(version: string): string {
  return `v${version}`;
}
