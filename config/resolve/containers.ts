import { POD_TEMPLATE } from "../../components/kubernetes/api/api.ts";
import { isObject, mergePatch } from "../../components/kubernetes/api/merge.ts";
import type { Resources } from "../../components/kubernetes/pod.ts";
import type { PodPatch } from "../../components/kubernetes/pod-patch.ts";
import { formatMilliUnits, milliUnits, quantityOf } from "../../components/kubernetes/quantity.ts";
import type { NamespaceArgs } from "../../components/platform/resolve.ts";
import { type CountedResources, countedResources } from "./counted-resources.ts";

/** One container of a workload's pods. */
export interface WorkloadContainer {
  /** Path of its resources in the stack file. */
  readonly path: string;
  /** Requests and limits, with the defaults of the namespace's limit range. */
  readonly resources: CountedResources;
}

/** The containers of a workload's pods, and what a pod requests with all of them. */
export interface PodResources {
  readonly containers: readonly WorkloadContainer[];
  readonly resources: CountedResources;
}

interface Settings {
  /** Path of the workload in the stack file. */
  readonly path: string;
  /** Name of the component's own container. */
  readonly container: string;
  readonly resources: Resources;
  readonly pod?: PodPatch;
}

type Container = WorkloadContainer & { readonly runs: "throughout" | "first" };

/** The containers of a workload with those that its `pod` adds or changes. */
export function podResources(settings: Settings, limitRange: NamespaceArgs["limitRange"]): PodResources {
  const { path, resources, pod, container: name } = settings;
  const counted = (place: string, given: Resources): WorkloadContainer => ({
    path: place,
    resources: countedResources(given, limitRange),
  });
  if (pod === undefined) {
    const own = counted(`${path}.resources`, resources);
    return { containers: [own], resources: own.resources };
  }
  const { spec } = mergePatch({ spec: { containers: [{ name, resources }] } }, pod, POD_TEMPLATE) as Template;
  const containers = (["initContainers", "containers"] as const).flatMap((list) =>
    items(spec?.[list]).map((container): Container => {
      const place = placeOf(path, list, container["name"], pod) ?? `${path}.resources`;
      const sidecar = list === "initContainers" && container["restartPolicy"] === "Always";
      return {
        ...counted(place, resourcesOf(container["resources"])),
        runs: list === "containers" || sidecar ? "throughout" : "first",
      };
    }),
  );
  const overhead = resourcesOf({ requests: spec?.["overhead"], limits: spec?.["overhead"] });
  return { containers, resources: podTotal(containers, overhead) };
}

type Template = { readonly spec?: Readonly<Record<string, unknown>> };

function items(list: unknown): Readonly<Record<string, unknown>>[] {
  return Array.isArray(list) ? list.filter(isObject) : [];
}

/** Path of the resources that the patch sets for a container; undefined if they are the workload's own. */
function placeOf(path: string, list: string, name: unknown, pod: PodPatch): string | undefined {
  const patches: unknown = isObject(pod.spec) ? pod.spec[list] : undefined;
  if (!Array.isArray(patches)) return undefined;
  const index = patches.findIndex((patch) => isObject(patch) && patch["name"] === name);
  const patch: unknown = patches[index];
  const sets =
    isObject(patch) && (list !== "containers" || patch["resources"] !== undefined || patch["image"] !== undefined);
  return sets ? `${path}.pod.spec.${list}[${index}].resources` : undefined;
}

function resourcesOf(value: unknown): Resources {
  const quantities = (part: unknown): Record<string, string> =>
    isObject(part)
      ? Object.fromEntries(
          Object.entries(part).flatMap(([name, amount]) => {
            const text = quantityOf(amount);
            return text === undefined ? [] : [[name, text]];
          }),
        )
      : {};
  return isObject(value) ? { requests: quantities(value["requests"]), limits: quantities(value["limits"]) } : {};
}

/**
 * What a pod requests: its containers together, or the largest init container if that is more.
 *
 * @see https://kubernetes.io/docs/concepts/workloads/pods/init-containers/#resource-sharing-within-containers
 */
function podTotal(containers: readonly Container[], overhead: Resources): CountedResources {
  const total = (kind: keyof CountedResources) => {
    const names = new Set([
      ...containers.flatMap(({ resources }) => Object.keys(resources[kind])),
      ...Object.keys(overhead[kind] ?? {}),
    ]);
    return Object.fromEntries(
      [...names].map((name) => {
        const amount = ({ resources }: WorkloadContainer) => milliUnits(resources[kind][name] ?? "0");
        const sum = containers
          .filter(({ runs }) => runs === "throughout")
          .reduce((together, container) => together + amount(container), 0);
        const first = containers.filter(({ runs }) => runs === "first").map(amount);
        const most = Math.max(sum, ...first) + milliUnits(overhead[kind]?.[name] ?? "0");
        const text = formatMilliUnits(name, most);
        return [name, milliUnits(text) === most ? text : `${most}m`];
      }),
    );
  };
  return { requests: total("requests"), limits: total("limits") };
}
