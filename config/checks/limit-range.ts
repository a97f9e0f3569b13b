import type { Resources } from "../../components/kubernetes/pod.ts";
import { thousandths } from "../../components/kubernetes/quantity.ts";
import type { LimitRangeItem } from "../../components/platform/namespace.ts";
import type { StackConfig } from "../schema/stack.ts";
import type { Workload } from "../workloads.ts";
import type { ConfigProblem } from "./problem.ts";

type Quantities = Readonly<Record<string, string>>;
type LimitRange = StackConfig["namespace"]["limitRange"];

/** Requests and limits of a container as they count once the API server has filled them in. */
export interface CountedResources {
  readonly requests: Quantities;
  readonly limits: Quantities;
}

/**
 * Requests and limits with the limit range's defaults, filled in as the API server does: a request that is not given is
 * the limit, then the default request; a default that is not given is the most, a default request that is not given the
 * default, then the least.
 *
 * @see https://kubernetes.io/docs/concepts/policy/limit-range/
 */
export function countedResources(resources: Resources, limitRange: LimitRange): CountedResources {
  const { max, min, default: given, defaultRequest } = limitRange?.container ?? {};
  const defaults = { ...max, ...given };
  return {
    limits: { ...defaults, ...resources.limits },
    requests: { ...min, ...defaults, ...defaultRequest, ...resources.limits, ...resources.requests },
  };
}

/** What the limit range would refuse: each container by itself, and its pod. */
export function checkLimitRange(workload: Workload, limitRange: LimitRange): ConfigProblem[] {
  const counted = countedResources(workload.resources, limitRange);
  const path = `${workload.path}.resources`;
  const problems = [
    ...checkRequests(counted, path),
    ...checkBounds(counted, limitRange?.container, "container", path),
    // Each pod has one container, so its sum is the container's own.
    ...checkBounds(counted, limitRange?.pod, "pod", path),
  ];
  // What breaks a bound of the container mostly breaks the pod's as well: once is enough.
  return problems.filter(({ path: place }, index) => problems.findIndex((other) => other.path === place) === index);
}

/** A container cannot be promised more than it may use. */
function checkRequests({ requests, limits }: CountedResources, path: string): ConfigProblem[] {
  return Object.entries(requests).flatMap(([resource, request]) => {
    const limit = limits[resource];
    if (limit === undefined || thousandths(request) <= thousandths(limit)) return [];
    const message = `${request} is above the limit, ${limit}; lower it, or raise ${path}.limits.${resource}`;
    return [{ path: `${path}.requests.${resource}`, message }];
  });
}

function checkBounds(
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
        return [{ path: place, message: `is missing, and ${range}.max.${resource} allows ${max} at most; give one` }];
      }
      if (thousandths(limit) <= thousandths(max)) return [];
      const message = `${limit} is above ${max}, the most that ${range}.max.${resource} allows; lower it, or raise the limit range`;
      return [{ path: place, message }];
    }),
    ...Object.entries(bounds?.min ?? {}).flatMap(([resource, min]) => {
      const request = requests[resource];
      const place = `${path}.requests.${resource}`;
      if (request === undefined) {
        return [{ path: place, message: `is missing, and ${range}.min.${resource} wants ${min} at least; give one` }];
      }
      if (thousandths(request) >= thousandths(min)) return [];
      const message = `${request} is below ${min}, the least that ${range}.min.${resource} allows; raise it, or lower the limit range`;
      return [{ path: place, message }];
    }),
  ];
}
