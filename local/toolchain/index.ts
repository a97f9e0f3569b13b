import { existsSync } from "node:fs";
import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { waitForLock } from "../node/lock.ts";
import { cacheDirectory } from "../paths.ts";
import { buildTool } from "./build.ts";
import { readSources, toolKey } from "./key.ts";
import { checkDisk, checkGo } from "./prerequisites.ts";
import { testTools } from "./test-tools.ts";
import { moduleFolder, type Tool, type ToolPlace, tools } from "./tools.ts";

/** The folders of the built tools; binaries and files lie directly in them. */
export type Toolchain = { readonly [name in keyof typeof tools]: string };

/** Every tool with its place in the cache, in build order. Reads only. */
export function planToolchain(cache: string = cacheDirectory()): ToolPlace[] {
  return Object.values<Tool>(tools).map((tool) => placeOf(tool, cache));
}

function placeOf(tool: Tool, cache: string): ToolPlace {
  const folder = join(cache, "tools", toolKey(tool, readSources(moduleFolder(tool))));
  return { tool, folder, built: existsSync(folder) };
}

/** The toolchain's folders, built or not. */
export function toolchainFolders(cache: string = cacheDirectory()): Toolchain {
  const folders = new Map(planToolchain(cache).map(({ tool, folder }) => [tool.name, folder]));
  const entries = Object.entries(tools).map(([key, tool]) => [key, folders.get(tool.name) ?? ""]);
  return Object.fromEntries(entries) as Toolchain;
}

/**
 * Builds what the cache lacks, one tool after another (Go uses every core for each). Can be interrupted at any point: what
 * is finished stays, and Go's own cache keeps what is compiled until everything is built. Waits while another build runs in
 * the same cache.
 * @throws UserError without a fitting Go, disk space or network.
 */
export async function ensureTools(
  places: readonly ToolPlace[],
  report: (tool: Tool, line: string) => void,
  cache: string = cacheDirectory(),
): Promise<void> {
  const missing = places.filter(({ folder }) => !existsSync(folder));
  if (missing.length === 0) return;
  await checkBuild(missing, cache);
  const release = await waitForLock(join(cache, "lock"));
  try {
    const goCache = join(cache, "go-build");
    // A folder of this process's own: a compiler that outlived a killed run may still write into the one before.
    const work = join(cache, `building-${process.pid}`);
    await removeLeftovers(cache);
    for (const { tool, folder } of missing) {
      if (existsSync(folder)) continue;
      await buildTool(tool, {
        target: folder,
        work,
        goCache,
        report: (line) => report(tool, line),
      });
    }
    if (isComplete(places, cache)) await rm(goCache, { recursive: true, force: true });
  } finally {
    release();
  }
}

/** Whether what Go has compiled is of no more use: all of the cluster's tools are built, and so are those of the kind asked for. */
function isComplete(places: readonly ToolPlace[], cache: string): boolean {
  const forTests = Object.values<Tool>(testTools);
  const some = places.some(({ tool }) => forTests.includes(tool));
  const needed = some ? [...Object.values<Tool>(tools), ...forTests] : Object.values<Tool>(tools);
  return needed.every((tool) => placeOf(tool, cache).built);
}

/** Checks that this machine can build the tools that are missing. @throws UserError without a fitting Go or disk space. */
export async function checkBuild(missing: readonly ToolPlace[], cache: string = cacheDirectory()): Promise<void> {
  await mkdir(cache, { recursive: true });
  await checkGo();
  await checkDisk(cache, missing);
}

/** Removes what builds that were killed have left half done. */
async function removeLeftovers(cache: string): Promise<void> {
  const left = (await readdir(cache)).filter((name) => name.startsWith("building-"));
  await Promise.all(left.map((name) => rm(join(cache, name), { recursive: true, force: true })));
}

/** A tool of the cluster, or one that only tests and benchmarks use. */
export type ToolName = keyof typeof tools | keyof typeof testTools;

/**
 * One tool's folder, built first where the cache lacks it, e.g. `join(await ensureTool("k6"), "k6")`: what tests and
 * benchmarks ask for a tool with.
 */
export async function ensureTool(
  name: ToolName,
  report: (line: string) => void = () => undefined,
  cache: string = cacheDirectory(),
): Promise<string> {
  const place = placeOf({ ...tools, ...testTools }[name], cache);
  if (!place.built) await ensureTools([place], (_, line) => report(line), cache);
  return place.folder;
}
