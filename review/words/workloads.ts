import type { Fields } from "../objects/change.ts";
import { isFields, showValue, valueAt } from "../objects/fields.ts";
import { code } from "../text/markdown.ts";

/** Facts about one workload that matter to a reviewer: texts by title. */
export interface Workload {
  readonly kind: string;
  readonly name: string;
  readonly facts: Readonly<Record<string, string>>;
}

/** Titles of the facts about a workload. */
const TITLES: Readonly<Record<string, string>> = {
  replicas: "**Replicas**",
  autoscaler: "**Autoscaler**",
  image: "**Image**",
  requests: "**Requests**",
  limits: "**Limits**",
  schedule: "**Schedule**",
};

/** The workloads among a stack's objects, with the ranges of their autoscalers. */
export function workloadsAmong(objects: readonly Fields[]): Workload[] {
  const ranges = new Map([
    ...objects.filter(({ kind }) => kind === "HorizontalPodAutoscaler").map(autoscalerOf),
    ...objects.filter(({ kind }) => kind === "ScaledObject").map(scaledObjectOf),
  ]);
  return objects.flatMap((object) => {
    const pod = podOf(object);
    if (pod === undefined) return [];
    const name = String(valueAt(object, "metadata.name")).replace(/-[0-9a-f]{8}$/, "");
    const kind = String(object["kind"]);
    const range = ranges.get(`${kind}/${valueAt(object, "metadata.name")}`);
    const replicas = valueAt(object, "spec.replicas");
    const schedule = valueAt(object, "spec.schedule");
    return [
      {
        kind,
        name,
        facts: {
          // With an autoscaler, the number of replicas is only the start value.
          ...(replicas === undefined || range !== undefined ? {} : { replicas: String(replicas) }),
          ...(range === undefined ? {} : { autoscaler: range }),
          ...(schedule === undefined ? {} : { schedule: String(schedule) }),
          ...factsOfContainers(pod),
        },
      },
    ];
  });
}

/**
 * Changes of workloads that exist on both sides, one line of Markdown for each fact; workloads with the same change share a line.
 *
 * @param isWanted which facts to include, by `replicas`, `autoscaler`, `image`, `requests`, `limits` or `schedule`
 */
export function describeWorkloads(
  before: readonly Workload[],
  after: readonly Workload[],
  isWanted: (fact: string) => boolean = () => true,
): string[] {
  const old = new Map(before.map((workload) => [`${workload.kind}/${workload.name}`, workload]));
  const lines = new Map<string, string[]>();
  for (const { kind, name, facts } of after) {
    const was = old.get(`${kind}/${name}`);
    if (was === undefined) continue;
    for (const fact of new Set([...Object.keys(was.facts), ...Object.keys(facts)])) {
      const [from, to] = [was.facts[fact], facts[fact]];
      const [title = "", ...container] = fact.split(" ");
      if (from === to || !isWanted(title)) continue;
      const change = `${from === undefined ? "none" : code(from)} → ${to === undefined ? "none" : code(to)}`;
      const key = [TITLES[title], container.join(" "), change].join("\n");
      lines.set(key, [...(lines.get(key) ?? []), `${kind} ${code(name)}`]);
    }
  }
  return [...lines].map(([key, names]) => {
    const [title, container, change] = key.split("\n");
    return `${title} of ${names.join(", ")}${container ? `, container ${code(container)}` : ""}: ${change}`;
  });
}

function autoscalerOf(autoscaler: Fields): [string, string] {
  const target = valueAt(autoscaler, "spec.scaleTargetRef");
  const range = `${valueAt(autoscaler, "spec.minReplicas") ?? 1}–${valueAt(autoscaler, "spec.maxReplicas")} pods`;
  const metrics = valueAt(autoscaler, "spec.metrics");
  const targets = (Array.isArray(metrics) ? metrics : []).flatMap((metric) => {
    const [name, percent] = ["resource.name", "resource.target.averageUtilization"].map((at) => valueAt(metric, at));
    return percent === undefined ? [] : [`${name} ${percent} %`];
  });
  return [`${valueAt(target, "kind")}/${valueAt(target, "name")}`, [range, ...targets].join(", ")];
}

/** The range of KEDA's autoscaler, and what decides in it. */
function scaledObjectOf(scaled: Fields): [string, string] {
  const target = valueAt(scaled, "spec.scaleTargetRef");
  const [least, most] = ["minReplicaCount", "maxReplicaCount"].map((field) => valueAt(scaled, `spec.${field}`));
  const triggers = valueAt(scaled, "spec.triggers");
  const types = (Array.isArray(triggers) ? triggers : []).map((trigger) => String(valueAt(trigger, "type")));
  const range = `${least ?? 0}–${most ?? 100} pods`;
  return [`${valueAt(target, "kind")}/${valueAt(target, "name")}`, [range, ...types].join(", ")];
}

/** The pod's spec of an object that runs pods; undefined for anything else. */
function podOf(object: Fields): unknown {
  return valueAt(object, "spec.template.spec") ?? valueAt(object, "spec.jobTemplate.spec.template.spec");
}

function factsOfContainers(pod: unknown): Record<string, string> {
  const lists = ["initContainers", "containers"].map((key) => valueAt(pod, key)).filter(Array.isArray);
  const containers = lists.flat().filter(isFields);
  const facts = containers.flatMap((container): [string, string][] => {
    // The name of a pod's only container is redundant.
    const suffix = containers.length === 1 ? "" : ` ${container["name"]}`;
    const { requests, limits } = (container["resources"] ?? {}) as { requests?: Fields; limits?: Fields };
    return [
      [`image${suffix}`, showValue(container["image"]) ?? "none"],
      ...(requests === undefined ? [] : [[`requests${suffix}`, quantities(requests)] as [string, string]]),
      ...(limits === undefined ? [] : [[`limits${suffix}`, quantities(limits)] as [string, string]]),
    ];
  });
  return Object.fromEntries(facts);
}

function quantities(amounts: Fields): string {
  return Object.entries(amounts)
    .map(([resource, amount]) => `${resource} ${amount}`)
    .join(", ");
}
