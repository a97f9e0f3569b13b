import path from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { kindOf } from "../components/kubernetes/api/api.ts";
import { objectProblems } from "../components/kubernetes/api/problems.ts";
import { locateProblems, readStackLayers } from "./locate.ts";
import type { ProgramInput, ProgramOutput } from "./program-io.ts";
import { describeObject, duplicateObjects, type RenderedObject } from "./rendered.ts";
import { readStack } from "./stack-file.ts";

/**
 * Without the stack traces of Pulumi's thousands of promises, and with more room for short-lived objects, a large stack takes
 * a fifth less time.
 */
const FAST = ["--stack-trace-limit=0", "--max-semi-space-size=64"];

const PROJECT_DIRECTORY = fileURLToPath(new URL("..", import.meta.url));

export interface RenderOptions {
  /** Name of the stack. */
  readonly stack: string;
  /** Files of its configuration, later ones merged over earlier ones. @default `Pulumi.<stack>.yaml` of the project */
  readonly configFiles?: readonly string[];
  /** Configuration values that override those of the file, by key without the project's name. @default none */
  readonly overrides?: Readonly<Record<string, unknown>>;
  /** Gets the program's warnings, such as those about renamed settings. @default they are dropped */
  readonly warn?: (warnings: string) => void;
}

/** The program rejected its configuration or failed. The message is its error output. */
export class RenderError extends Error {
  override readonly name = "RenderError";
}

/**
 * Runs the stack's program without an engine and without a cluster. Its secrets have no values: generated ones are empty, and
 * those that only the engine can decrypt are hashes of what is encrypted.
 *
 * @returns every object of the stack, in the order of a first deployment
 * @throws StackFileError if the stack file cannot be read
 * @throws RenderError if the program rejects its configuration
 */
export async function renderStack(options: RenderOptions): Promise<readonly RenderedObject[]> {
  const files = options.configFiles ?? [path.join(PROJECT_DIRECTORY, `Pulumi.${options.stack}.yaml`)];
  const source = `Pulumi.${options.stack}.yaml`;
  const { project, values, encrypted } = await readStack(PROJECT_DIRECTORY, files);
  const overrides = Object.fromEntries(
    Object.entries(options.overrides ?? {}).map(([key, value]) => [
      `${project}:${key}`,
      typeof value === "string" ? value : JSON.stringify(value),
    ]),
  );
  const input: ProgramInput = {
    project,
    stack: options.stack,
    // In place of a value its hash, so that names and annotations follow it.
    values: { ...encrypted, ...values, ...overrides },
  };
  const result = await execa(process.execPath, [...FAST, fileURLToPath(new URL("./program.ts", import.meta.url))], {
    input: JSON.stringify(input),
    cwd: PROJECT_DIRECTORY,
    reject: false,
    maxBuffer: 1 << 30,
  });
  const layers = options.configFiles === undefined || result.stderr === "" ? [] : await readStackLayers(project, files);
  const messages = locateProblems(result.stderr.trim(), source, layers);
  if (result.exitCode !== 0) throw new RenderError(messages || `the program exited with code ${result.exitCode}`);
  if (messages !== "") options.warn?.(messages);
  return checkedObjects((JSON.parse(result.stdout) as ProgramOutput).objects);
}

/**
 * The objects that a program registered, in the order of a first deployment.
 *
 * @throws RenderError if two have one name, or if Kubernetes' API would reject one
 */
export function checkedObjects(objects: readonly RenderedObject[]): readonly RenderedObject[] {
  const twice = duplicateObjects(objects).map(
    ({ object }) => `two objects of the stack would be ${describeObject(object)}; give one of them another name`,
  );
  const problems = [...twice, ...objects.flatMap(apiProblems)];
  if (problems.length > 0) throw new RenderError(problems.join("\n"));
  return objects.toSorted(byOrderOfDeployment);
}

/** What Kubernetes' API would reject of an object. Custom kinds are not checked. */
function apiProblems({ object }: RenderedObject): string[] {
  const kind = kindOf(object.apiVersion, object.kind);
  if (kind === undefined) return [];
  return objectProblems(object, kind.type, "").map(
    ({ path: field, message }) => `${describeObject(object)}: ${field.replace(/^\./, "")}: ${message}`,
  );
}

/** Kinds that others depend on, and kinds that depend on the others. */
const FIRST = ["Namespace", "ResourceQuota", "LimitRange", "Secret", "ConfigMap", "PersistentVolumeClaim"];
const LAST = ["Middleware", "Ingress", "HTTPRoute", "GRPCRoute"];

function byOrderOfDeployment(a: RenderedObject, b: RenderedObject): number {
  const key = ({ object }: RenderedObject) => {
    const first = FIRST.indexOf(object.kind);
    const rank = first >= 0 ? first : FIRST.length + 1 + LAST.indexOf(object.kind);
    return `${String(rank).padStart(2, "0")}/${object.kind}/${object.metadata.namespace ?? ""}/${object.metadata.name}`;
  };
  const [left, right] = [key(a), key(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}
