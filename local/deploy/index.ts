import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { UserError } from "../errors.ts";
import { cacheDirectory } from "../paths.ts";
import { type DeployOptions, ENGINES, type Engine } from "./options.ts";
import { deployByPulumi } from "./pulumi.ts";
import { findPulumi } from "./pulumi-command.ts";
import { deployRendered } from "./rendered.ts";

export { type DeployOptions, ENGINES, type Engine } from "./options.ts";

/** What a deployment did. */
export interface Deployed {
  /** What deployed the stack, in a sentence for the person who started it. */
  readonly engine: string;
  /** What changed, one line for each object; none where everything was as it should be. */
  readonly changes: readonly string[];
  /** Namespaces with objects of the stack. */
  readonly namespaces: readonly string[];
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
  const earlier = await readEngine(record);
  const wanted = options.engine ?? earlier;
  if (earlier !== undefined && wanted !== earlier) {
    throw new UserError(
      `stack ${stack} is deployed with ${earlier}, and ${wanted} does not know its objects`,
      `go on with --engine ${earlier}, or delete the cluster with npm run down -- --purge`,
    );
  }
  const program = wanted === "kubectl" ? undefined : await findPulumi(cacheDirectory(), report);
  if (wanted === "pulumi" && program === undefined) {
    throw new UserError(
      `stack ${stack} wants the Pulumi CLI, and there is none on PATH`,
      "install it, and run this again",
    );
  }
  await mkdir(stateDirectory, { recursive: true, mode: 0o700 });
  await writeFile(record, program === undefined ? "kubectl" : "pulumi");
  if (program !== undefined) {
    return { engine: `Deployed with the Pulumi CLI (${program}).`, ...(await deployByPulumi(program, options)) };
  }
  const why = wanted === undefined ? "There is no Pulumi CLI here, so the" : "The";
  return { engine: `${why} rendered stack was applied with kubectl.`, ...(await deployRendered(options)) };
}

async function readEngine(record: string): Promise<Engine | undefined> {
  const text = await readFile(record, "utf8").catch(() => "");
  return ENGINES.find((engine) => engine === text.trim());
}
