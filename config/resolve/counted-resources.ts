import type { Resources } from "../../components/kubernetes/pod.ts";
import type { NamespaceArgs } from "../../components/platform/resolve.ts";

type Quantities = Readonly<Record<string, string>>;

/** Requests and limits of a container as the API server counts them. */
export interface CountedResources {
  readonly requests: Quantities;
  readonly limits: Quantities;
}

/**
 * Requests and limits with the defaults of the limit range, as the API server fills them in. The default limit falls back to
 * `max`. A missing request is the limit, then the default request; the default request falls back to the default limit, then
 * to `min`.
 *
 * @see https://kubernetes.io/docs/concepts/policy/limit-range/
 */
export function countedResources(resources: Resources, limitRange: NamespaceArgs["limitRange"]): CountedResources {
  const { max, min, default: defaultLimit, defaultRequest } = limitRange?.container ?? {};
  const limits = { ...max, ...defaultLimit };
  return {
    limits: { ...limits, ...resources.limits },
    requests: { ...min, ...limits, ...defaultRequest, ...resources.limits, ...resources.requests },
  };
}
