import type { z } from "zod";
import type { LineageConfig } from "../schema/serving/lineage.ts";
import type { ConfigProblem } from "./problem.ts";

/** The settings of a version that its lineage decides about. */
interface VersionWithLineage {
  readonly version: string;
  readonly lineage?: z.infer<typeof LineageConfig>;
  readonly acceptWorse?: string;
}

/**
 * The promotion gate at preview: a version that is marked as worse is served only where the stack file says why.
 *
 * @param path path of the version in the stack file
 */
export function checkLineage(
  model: string,
  { version, lineage, acceptWorse }: VersionWithLineage,
  path: string,
): ConfigProblem[] {
  const mark = lineage?.worseThan;
  if (mark !== undefined && acceptWorse === undefined) {
    const { metric, value, previous } = mark;
    const message = `version "${version}" of model "${model}" is worse than version "${mark.version}" (${metric} ${value} against ${previous}); serve another one, or set ${path}.acceptWorse to the reason`;
    return [{ path: `${path}.lineage.worseThan`, message }];
  }
  if (mark === undefined && acceptWorse !== undefined) {
    return [
      { path: `${path}.acceptWorse`, message: "the version's lineage does not say that it is worse; leave it out" },
    ];
  }
  return [];
}
