import type { Resources } from "../../components/kubernetes/pod.ts";

/** The end of a setting's description that names its default. */
export function defaultText(value: string | number | boolean): string {
  return `Default: ${value}.`;
}

/** A default of requests and limits in words. */
export function defaultResources({ requests = {}, limits = {} }: Resources): string {
  const words = ({ cpu, memory }: Readonly<Record<string, string>>) => `${cpu} CPU and ${memory}`;
  return defaultText(`${words(requests)}, at most ${words(limits)}`);
}

/** A default of labels in words. */
export function defaultLabels(labels: Readonly<Record<string, string>>): string {
  const words = Object.entries(labels).map(([name, value]) => `\`${name}: ${JSON.stringify(value)}\``);
  return defaultText(words.join(", "));
}
