import { hasApiVersion, kindOf, kindsOf } from "../../../components/kubernetes/api/api.ts";
import { objectProblems } from "../../../components/kubernetes/api/problems.ts";
import type { ResolvedStack } from "../../resolve/stack.ts";
import { type ConfigProblem, duplicates } from "../problem.ts";

type ExtraObject = ResolvedStack["extraObjects"][number];

/** What the API server would refuse about the extra objects. */
export function checkExtraObjects({ extraObjects, namespace }: ResolvedStack): ConfigProblem[] {
  return [
    ...extraObjects.flatMap((object, index) => checkObject(object, `extraObjects[${index}]`)),
    ...duplicates(
      extraObjects,
      ({ kind, metadata }) => `${kind} ${metadata.namespace ?? namespace.name}/${metadata.name}`,
      (index) => `extraObjects[${index}].metadata.name`,
    ),
  ];
}

function checkObject(object: ExtraObject, path: string): ConfigProblem[] {
  const { apiVersion, kind, metadata } = object;
  if (kind === "Secret") {
    const message = "is not for extra objects, whose values anyone can read in the stack file; use secrets";
    return [{ path: `${path}.kind`, message }];
  }
  const known = kindOf(apiVersion, kind);
  if (known === undefined) {
    if (!hasApiVersion(apiVersion)) return [];
    const kinds = kindsOf(apiVersion).join(", ");
    return [{ path: `${path}.kind`, message: `there is no kind "${kind}" in ${apiVersion}; there is ${kinds}` }];
  }
  return [
    ...objectProblems(object, known.type, path),
    ...(known.namespaced || metadata.namespace === undefined
      ? []
      : [{ path: `${path}.metadata.namespace`, message: `is not for a ${kind}, which belongs to no namespace` }]),
  ];
}
