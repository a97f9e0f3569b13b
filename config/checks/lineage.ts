import type { Immutable } from "../resolve/immutable.ts";
import type { StackVersion } from "../resolve/models.ts";
import type { ConfigProblem } from "./problem.ts";

type Version = Pick<Immutable<StackVersion>, "version" | "lineage" | "allowRegression">;

/**
 * The promotion gate at preview: a version with a regression is served only if the stack file gives a reason.
 *
 * @param path path of the version in the stack file
 */
export function checkLineage(
  model: string,
  { version, lineage, allowRegression }: Version,
  path: string,
): ConfigProblem[] {
  const regression = lineage?.regression;
  if (regression !== undefined && allowRegression === undefined) {
    const { metric, value, previous } = regression;
    const message = `version "${version}" of model "${model}" is worse than version "${regression.version}" (${metric} ${value} against ${previous}); serve another version, or set ${path}.allowRegression to the reason`;
    return [{ path: `${path}.lineage.regression`, message }];
  }
  if (regression === undefined && allowRegression !== undefined) {
    return [{ path: `${path}.allowRegression`, message: "the version's lineage records no regression; omit it" }];
  }
  return [];
}
