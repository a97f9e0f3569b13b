import { rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { execa } from "execa";
import { UserError } from "../errors.ts";
import { imagesIn } from "../images/references.ts";
import type { Deployment, DeployOptions } from "./options.ts";
import { type PulumiProject, writeProject } from "./pulumi-project.ts";

/**
 * Deploys a stack with the Pulumi CLI, its state in a local folder. The checkout is left as it is.
 *
 * @param program path of the CLI
 * @throws UserError where the program or the engine refuses, with what they say
 */
export async function deployByPulumi(program: string, options: DeployOptions): Promise<Deployment> {
  const { stack, report } = options;
  const project = await writeProject(options);
  const unfinished = path.join(project.directory, `${stack}.unfinished`);
  const interrupted = await writeFile(unfinished, "", { flag: "wx" }).then(
    () => false,
    () => true,
  );

  const pulumi = (args: readonly string[], environment: Readonly<Record<string, string>> = {}) =>
    run(program, project, [...args, "--non-interactive"], environment, report);
  await pulumi(["stack", "select", "--create", stack]);
  if (interrupted) await pulumi(["cancel", "--yes"]).catch(() => undefined);

  const { steps } = JSON.parse(await pulumi(["preview", "--json"])) as { steps?: readonly Step[] };
  const changes = describeSteps(steps ?? []);
  if (changes.length > 0) {
    await options.prepareImages?.(imagesIn((steps ?? []).map(({ newState }) => newState?.inputs)));
    report(`${changes.length} changes`);
    // What an interrupted run made without noting it down is there already, and is this stack's.
    await pulumi(
      ["up", "--yes", "--skip-preview", "--color=never"],
      interrupted ? { PULUMI_K8S_UPSERT_EXISTING_OBJECTS: "true" } : {},
    );
  }
  await rm(unfinished);
  return { changes, namespaces: namespacesOf(steps ?? []) };
}

function namespacesOf(steps: readonly Step[]): string[] {
  const named = steps.flatMap(({ newState, oldState }) => (newState ?? oldState)?.inputs?.metadata?.namespace ?? []);
  return [...new Set(named)];
}

async function run(
  program: string,
  { directory, environment }: PulumiProject,
  args: readonly string[],
  more: Readonly<Record<string, string>>,
  report: (line: string) => void,
): Promise<string> {
  const child = execa(program, args, {
    cwd: directory,
    env: { ...environment, ...more },
    reject: false,
    all: true,
    maxBuffer: 1 << 28,
  });
  if (args[0] === "up") {
    child.stdout.on("data", (chunk) => {
      const line = String(chunk).trim().split("\n").at(-1);
      if (line) report(line.trim());
    });
  }
  const { exitCode, stdout, all } = await child;
  if (exitCode === 0) return stdout;
  throw new UserError(
    `pulumi ${args[0]} failed:\n${diagnostics(all)}`,
    "see `npm run status` for the state of the cluster",
  );
}

/** What the CLI says went wrong: its diagnostics, or everything where there are none. */
function diagnostics(output: string): string {
  const start = output.indexOf("Diagnostics:");
  const end = output.indexOf("\nResources:", start);
  return (start < 0 ? output : output.slice(start, end < 0 ? undefined : end)).trim();
}

/** One step of `pulumi preview --json`. */
export interface Step {
  readonly op: string;
  readonly urn: string;
  readonly oldState?: ResourceState;
  readonly newState?: ResourceState;
  readonly detailedDiff?: Readonly<Record<string, unknown>> | null;
}

interface ResourceState {
  readonly custom?: boolean;
  readonly type: string;
  readonly inputs?: { readonly metadata?: { readonly name?: string; readonly namespace?: string } };
}

const SIGNS: Readonly<Record<string, string>> = { create: "+", update: "~", delete: "-", replace: "±" };

/** A preview as people read it, one line for each resource that changes; components and providers are left out. */
export function describeSteps(steps: readonly Step[]): string[] {
  return steps.flatMap(({ op, urn, newState, oldState, detailedDiff }) => {
    const state = newState ?? oldState;
    const sign = SIGNS[op];
    if (sign === undefined || state?.custom !== true || state.type.startsWith("pulumi:")) return [];
    const kind = state.type.split(":").at(-1);
    const name = state.inputs?.metadata?.name ?? urn.split("::").at(-1);
    const paths = op === "update" ? Object.keys(detailedDiff ?? {}).toSorted() : [];
    return [`${sign} ${kind} ${name}${paths.length === 0 ? "" : ` (${paths.join(", ")})`}`];
  });
}
