import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { UserError } from "../errors.ts";
import { cacheDirectory } from "../paths.ts";
import type { DeployOptions } from "./options.ts";
import { deployByPulumi } from "./pulumi.ts";
import { findPulumi } from "./pulumi-command.ts";
import { deployRendered } from "./rendered.ts";

export type { DeployOptions } from "./options.ts";

/** What a deployment did. */
export interface Deployed {
  /** What deployed the stack, in a sentence for the person who started it. */
  readonly engine: string;
  /** What changed, one line for each object; none where everything was as it should be. */
  readonly changes: readonly string[];
}

/**
 * Deploys a stack: with the Pulumi CLI where there is one, else by applying the rendered stack. A stack stays with what
 * deployed it first, since neither knows the objects of the other.
 *
 * @throws UserError for what the person can mend
 */
export async function deployStack(options: DeployOptions): Promise<Deployed> {
  const { stack, stateDirectory, report } = options;
  const record = path.join(stateDirectory, `${stack}.engine`);
  const earlier = await readFile(record, "utf8").catch(() => undefined);
  const program = earlier === "rendered" ? undefined : await findPulumi(cacheDirectory(), report);
  if (earlier === "pulumi" && program === undefined) {
    throw new UserError(
      `stack ${stack} was deployed with the Pulumi CLI, and there is none on PATH`,
      "put it there, or delete the cluster with npm run down -- --purge",
    );
  }
  await mkdir(stateDirectory, { recursive: true, mode: 0o700 });
  await writeFile(record, program === undefined ? "rendered" : "pulumi");
  if (program !== undefined) {
    return { engine: `Deployed with the Pulumi CLI (${program}).`, changes: await deployByPulumi(program, options) };
  }
  const why = earlier === undefined ? "There is no Pulumi CLI here" : "As before";
  return { engine: `${why}: the rendered stack was applied with kubectl.`, changes: await deployRendered(options) };
}
