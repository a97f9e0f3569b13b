import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { UserError } from "../../common/errors.ts";
import type { ModuleEdit, ModulePatch } from "./tool.ts";

/**
 * Copies the modules that are to be changed into `scratch`, changes them, and writes a go.mod that replaces the originals by the
 * copies. `go build -overlay` cannot do this: it does not accept files of Go's module cache.
 *
 * @param folder the module that is built; its own go.mod is not changed
 * @returns flags of `go build`; none without patches
 * @throws UserError if a module cannot be downloaded; Error if a text does not occur exactly once in its file
 */
export async function patchedModules(
  patches: readonly ModulePatch[],
  folder: string,
  scratch: string,
  env: NodeJS.ProcessEnv,
): Promise<string[]> {
  if (patches.length === 0) return [];
  const replaces: string[] = [];
  for (const [index, patch] of patches.entries()) {
    const copy = join(scratch, `module-${index}`);
    await mkdir(scratch, { recursive: true });
    await copyModule(await moduleOf(patch.module, folder, env), copy);
    await applyPatch(patch, copy);
    replaces.push(`replace ${patch.module} => ${copy}`);
  }
  const goMod = await readFile(join(folder, "go.mod"), "utf8");
  await writeFile(join(scratch, "go.mod"), [goMod, ...replaces, ""].join("\n"));
  await cp(join(folder, "go.sum"), join(scratch, "go.sum"));
  return [`-modfile=${join(scratch, "go.mod")}`];
}

/** Edits that remove `texts` from a file. */
export function without(file: string, ...texts: readonly string[]): ModuleEdit[] {
  return texts.map((text) => ({ file, text, by: "" }));
}

/** Applies a patch to the module's copy. @throws Error if a text does not occur exactly once in its file, or a file is missing */
export async function applyPatch({ module, keep = {}, edits }: ModulePatch, copy: string): Promise<void> {
  for (const [folder, files] of Object.entries(keep)) await removeOthers(module, join(copy, folder), files);
  for (const { file, text, by, to = file } of edits) {
    const content = await readFile(join(copy, file), "utf8");
    const parts = content.split(text);
    // The module has a new version: the change has to be reviewed.
    if (parts.length !== 2)
      throw new Error(
        `${module}: ${file} must contain this text exactly once, but contains it ${parts.length - 1} times: ${text}`,
      );
    await writeFile(join(copy, to), parts.join(by));
  }
}

/** Removes the Go files of a folder other than `files`. */
async function removeOthers(module: string, folder: string, files: readonly string[]): Promise<void> {
  const present = (await readdir(folder)).filter((file) => file.endsWith(".go"));
  const missing = files.filter((file) => !present.includes(file));
  if (missing.length > 0) throw new Error(`${module}: ${folder} must contain ${missing.join(", ")}`);
  await Promise.all(present.filter((file) => !files.includes(file)).map((file) => rm(join(folder, file))));
}

/** The module's folder in Go's module cache, in the version that `folder`'s go.mod requires; go.sum has its checksum. */
async function moduleOf(module: string, folder: string, env: NodeJS.ProcessEnv): Promise<string> {
  const { stdout, stderr } = await execa("go", ["mod", "download", "-json", module], {
    cwd: folder,
    env,
    extendEnv: false,
    reject: false,
  });
  const answer = JSON.parse(stdout || "{}") as { Dir?: string; Error?: string };
  if (answer.Dir && !answer.Error) return answer.Dir;
  throw new UserError(
    `${module} could not be downloaded (${answer.Error ?? stderr.trim()})`,
    "check the network and try again",
  );
}

async function copyModule(from: string, to: string): Promise<void> {
  // Go's module cache is read-only, and so would be a copy that keeps the modes.
  await execa("cp", ["--recursive", "--no-preserve=mode", from, to]);
}
