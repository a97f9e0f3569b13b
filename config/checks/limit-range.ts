import { milliUnits } from "../../components/kubernetes/quantity.ts";
import type { LimitRangeItem } from "../../components/platform/resolve.ts";
import type { CountedResources } from "../resolve/counted-resources.ts";
import type { ResolvedStack } from "../resolve/stack.ts";
import type { Workload } from "../resolve/workloads.ts";
import type { ConfigProblem } from "./problem.ts";

type LimitRange = ResolvedStack["namespace"]["limitRange"];

/** What the limit range would reject: each container by itself, and the pod. */
export function checkLimitRange({ path, containers, resources }: Workload, limitRange: LimitRange): ConfigProblem[] {
  const problems = [
    ...containers.flatMap((container) => [
      ...checkRequests(container.resources, container.path),
      ...checkLimits(container.resources, limitRange?.container, "container", container.path),
    ]),
    ...checkLimits(resources, limitRange?.pod, "pod", `${path}.resources`),
  ];
  // What exceeds a limit of the container usually exceeds the pod's as well; report it once.
  return problems.filter((problem, index) => problems.findIndex(({ path: first }) => first === problem.path) === index);
}

/** A request must not exceed the limit. */
function checkRequests({ requests, limits }: CountedResources, path: string): ConfigProblem[] {
  return Object.entries(requests).flatMap(([resource, request]) => {
    const limit = limits[resource];
    if (limit === undefined || milliUnits(request) <= milliUnits(limit)) return [];
    const message = `${request} is above the limit, ${limit}; lower it, or raise ${path}.limits.${resource}`;
    return [{ path: `${path}.requests.${resource}`, message }];
  });
}

function checkLimits(
  { requests, limits }: CountedResources,
  bounds: LimitRangeItem | undefined,
  what: "container" | "pod",
  path: string,
): ConfigProblem[] {
  const range = `namespace.limitRange.${what}`;
  return [
    ...Object.entries(bounds?.max ?? {}).flatMap(([resource, max]) => {
      const limit = limits[resource];
      const place = `${path}.limits.${resource}`;
      if (limit === undefined) {
        return [{ path: place, message: `is missing, but ${range}.max.${resource} limits it to ${max}; set it` }];
      }
      if (milliUnits(limit) <= milliUnits(max)) return [];
      const message = `${limit} is above ${max}, the maximum in ${range}.max.${resource}; lower it, or raise the limit range`;
      return [{ path: place, message }];
    }),
    ...Object.entries(bounds?.min ?? {}).flatMap(([resource, min]) => {
      const request = requests[resource];
      const place = `${path}.requests.${resource}`;
      if (request === undefined) {
        return [{ path: place, message: `is missing, but ${range}.min.${resource} requires at least ${min}; set it` }];
      }
      if (milliUnits(request) >= milliUnits(min)) return [];
      const message = `${request} is below ${min}, the minimum in ${range}.min.${resource}; raise it, or lower the limit range`;
      return [{ path: place, message }];
    }),
  ];
}
