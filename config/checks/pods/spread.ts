import type { ResolvedStack } from "../../resolve/stack.ts";
import type { ConfigProblem } from "../problem.ts";
import { fields } from "./fields.ts";

/** The label by which a Deployment tells its revisions apart. */
const REVISION = "pod-template-hash";

/**
 * Labels that a spread compares: the API server rejects those of the selector, and the scheduler ignores those that the pods do
 * not have.
 *
 * @see https://kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/
 */
export function checkSpread({ models }: ResolvedStack): ConfigProblem[] {
  return models.flatMap(({ versions }, index) =>
    versions.flatMap(({ scheduling, selector, labels, pod }, position) => {
      const known = [REVISION, ...Object.keys(labels), ...Object.keys(fields(fields(pod?.metadata)["labels"]))];
      return scheduling.topologySpread.flatMap(({ matchLabelKeys = [] }, spread) =>
        matchLabelKeys.flatMap((key, place) => {
          const path = `models[${index}].versions[${position}].scheduling.topologySpread[${spread}].matchLabelKeys[${place}]`;
          if (matchLabelKeys.indexOf(key) < place) return [{ path, message: `"${key}" is listed already` }];
          if (selector[key] !== undefined) {
            return [{ path, message: `"${key}" is in the version's selector, which counts already; leave it out` }];
          }
          if (known.includes(key)) return [];
          return [{ path, message: `the pods have no label "${key}"; take ${REVISION}, or add it to labels` }];
        }),
      );
    }),
  );
}
