import { existsSync } from "node:fs";
import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { cacheDirectory } from "../paths.ts";
import { buildTool } from "./build.ts";
import { type Build, withBuildLock } from "./build-lock.ts";
import { readSources, toolKey } from "./key.ts";
import { checkDisk, checkGo } from "./prerequisites.ts";
import { testTools } from "./test-tools.ts";
import { type Tool, type ToolPlace, tools } from "./tools.ts";

/** The folders of the built tools; binaries and files lie directly in them. */
export type Toolchain = { readonly [name in keyof typeof tools]: string };

/** Every tool of the embedded cluster with its place in the cache, in build order. Reads only. */
export function planToolchain(cache: string = cacheDirectory()): ToolPlace[] {
  return Object.values<Tool>(tools)
    .filter((tool) => tool !== tools.pulumi)
    .map((tool) => placeOf(tool, cache));
}

/** The Pulumi engine's place in the cache: what a machine needs that has no Pulumi CLI. Reads only. */
export function planEngine(cache: string = cacheDirectory()): ToolPlace {
  return placeOf(tools.pulumi, cache);
}

function placeOf(tool: Tool, cache: string): ToolPlace {
  const folder = join(cache, "tools", toolKey(tool, readSources(tool)));
  return { tool, folder, built: existsSync(folder) };
}

/** The toolchain's folders, built or not. */
export function toolchainFolders(cache: string = cacheDirectory()): Toolchain {
  const entries = Object.entries<Tool>(tools).map(([key, tool]) => [key, placeOf(tool, cache).folder]);
  return Object.fromEntries(entries) as Toolchain;
}

/** How tools are built. */
export interface EnsureOptions {
  readonly cache?: string;
  /** Leaves the processors to whatever else wants them. @default false */
  readonly behind?: boolean;
  /** Ends the build. */
  readonly signal?: AbortSignal;
}

/**
 * Builds what the cache lacks, one tool after another (Go uses every core for each). Can be interrupted at any point: what
 * is finished stays, and Go's own cache keeps what is compiled until everything is built. Waits while another process builds
 * in the same cache; calls of one process go on side by side.
 * @throws UserError without a fitting Go, disk space or network.
 */
export async function ensureTools(
  places: readonly ToolPlace[],
  report: (tool: Tool, line: string) => void,
  { cache = cacheDirectory(), ...options }: EnsureOptions = {},
): Promise<void> {
  const missing = places.filter(({ folder }) => !existsSync(folder));
  if (missing.length === 0) return;
  await checkBuild(missing, cache);
  const goCache = join(cache, "go-build");
  const build: Build = {
    wanted: missing,
    before: () => removeLeftovers(cache),
    after: async (wanted) => {
      if (isComplete(wanted, cache)) await rm(goCache, { recursive: true, force: true });
    },
  };
  await withBuildLock(join(cache, "lock"), build, async () => {
    for (const { tool, folder } of missing) {
      if (existsSync(folder)) continue;
      // A folder of this process's own: a compiler that outlived a killed run may still write into the one before.
      const work = join(cache, `building-${process.pid}-${tool.name}`);
      await buildTool(tool, { ...options, target: folder, work, goCache, report: (line) => report(tool, line) });
    }
  });
}

/**
 * Whether what Go has compiled is of no more use: all that was asked for is built, and so are all of the cluster's tools
 * and all tools of the kind asked for.
 */
function isComplete(wanted: readonly ToolPlace[], cache: string): boolean {
  const forTests = Object.values<Tool>(testTools).map((tool) => placeOf(tool, cache));
  const some = wanted.some(({ tool }) => forTests.some((place) => place.tool === tool));
  const needed = [...wanted, ...planToolchain(cache), ...(some ? forTests : [])];
  return needed.every(({ folder }) => existsSync(folder));
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

/** A tool of the cluster, the engine, or one that only tests and benchmarks use. */
export type ToolName = keyof typeof tools | keyof typeof testTools;

/**
 * One tool's folder, built first where the cache lacks it, e.g. `join(await ensureTool("kwok"), "kwok")`: what tests and
 * benchmarks ask for a tool with.
 */
export async function ensureTool(
  name: ToolName,
  report: (line: string) => void = () => undefined,
  cache: string = cacheDirectory(),
): Promise<string> {
  const place = placeOf({ ...tools, ...testTools }[name], cache);
  if (!place.built) await ensureTools([place], (_, line) => report(line), { cache });
  return place.folder;
}
