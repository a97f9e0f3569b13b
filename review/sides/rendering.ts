import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { execa } from "execa";
import { parse } from "yaml";
import { withoutSecretValues } from "../../render/files.ts";
import { forGitOps } from "../../render/gitops.ts";
import { RenderError, renderStack } from "../../render/render.ts";
import type { KubernetesObject, RenderedObject } from "../../render/rendered.ts";
import { StackFileError } from "../../render/stack-file.ts";

/** The rendering of a stack, or the error of the program. */
export interface Rendered<T> {
  readonly objects?: readonly T[];
  readonly error?: string;
}

/** Renders the stack of this checkout, without the values of its secrets. */
export async function renderHead(
  directory: string,
  stack: string,
  files: readonly string[],
): Promise<Rendered<RenderedObject>> {
  try {
    const configFiles = files.map((file) => path.join(directory, file));
    const objects = await renderStack({ stack, configFiles });
    // The other side's objects are read from its rendered files.
    return { objects: forGitOps(objects).map((rendered) => ({ ...rendered, object: withheld(rendered.object) })) };
  } catch (error) {
    if (!(error instanceof RenderError || error instanceof StackFileError)) throw error;
    return { error: error.message };
  }
}

/**
 * Renders a stack of another checkout by that checkout's own program, which may be an older one; only its `npm run render` is
 * used.
 *
 * @param directory the checkout, with its packages installed
 * @param out folder for the files
 */
export async function renderBase(
  directory: string,
  stack: string,
  files: readonly string[],
  out: string,
): Promise<Rendered<KubernetesObject>> {
  const named = files.flatMap((file) => ["--config-file", file]);
  const { exitCode, stderr } = await execa(
    "npm",
    ["run", "--silent", "render", "--", "--stack", stack, ...named, "--out", out],
    { cwd: directory, reject: false },
  );
  if (exitCode !== 0) return { error: stderr.trim() || `npm run render exited with code ${exitCode}` };
  return { objects: await readObjects(out) };
}

async function readObjects(folder: string): Promise<KubernetesObject[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".yaml")).toSorted();
  const texts = await Promise.all(names.map((name) => readFile(path.join(folder, name), "utf8")));
  return texts.map((text) => withheld(parse(text, { version: "1.1" }) as KubernetesObject));
}

/** The object without the values of a Secret. Objects read from rendered files already have none. */
function withheld(object: KubernetesObject): KubernetesObject {
  return "data" in object || "stringData" in object ? withoutSecretValues(object) : object;
}
