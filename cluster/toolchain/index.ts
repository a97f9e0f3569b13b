import { existsSync } from "node:fs";
import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { cacheDirectory } from "../../common/paths.ts";
import { buildTool } from "./build.ts";
import { type Build, withBuildLock } from "./build-lock.ts";
import { readSources, toolKey } from "./key.ts";
import { checkDisk, checkGo } from "./prerequisites.ts";
import type { Tool, ToolPlace } from "./tool.ts";
import { tools } from "./tools.ts";

/** The folders of the built tools, with the binaries and files directly in them. */
export type Toolchain = { readonly [name in keyof typeof tools]: string };

/** Every tool of the embedded cluster with its place in the cache, in build order. Reads only. */
export function planToolchain(cache: string = cacheDirectory()): ToolPlace[] {
  return Object.values<Tool>(tools).map((tool) => placeOf(tool, cache));
}

/** A tool's place in the cache. Reads only. */
export function placeOf(tool: Tool, cache: string = cacheDirectory()): ToolPlace {
  const folder = join(cache, "tools", toolKey(tool, readSources(tool)));
  return { tool, folder, built: existsSync(folder) };
}

/** The toolchain's folders, whether they are built or not. */
export function toolchainFolders(cache: string = cacheDirectory()): Toolchain {
  const entries = Object.entries<Tool>(tools).map(([key, tool]) => [key, placeOf(tool, cache).folder]);
  return Object.fromEntries(entries) as Toolchain;
}

/** How tools are built. */
export interface EnsureOptions {
  readonly cache?: string;
  /** Whether to build at low priority. @default false */
  readonly lowPriority?: boolean;
  /** Cancels the build. */
  readonly signal?: AbortSignal;
  /** Tools that will be requested later: Go's build cache is kept until they are built too. @default none */
  readonly keepCacheFor?: readonly Tool[];
}

/**
 * Builds what the cache lacks, one tool after another (Go uses every core for each). Can be interrupted at any point:
 * finished tools are kept, and Go's build cache keeps compiled packages until everything is built. Waits while another
 * process builds in the
 * same cache; calls of one process run concurrently.
 * @throws UserError without a suitable Go, disk space or network
 */
export async function ensureTools(
  places: readonly ToolPlace[],
  report: (tool: Tool, line: string) => void,
  { cache = cacheDirectory(), keepCacheFor = [], ...options }: EnsureOptions = {},
): Promise<void> {
  const missing = places.filter(({ folder }) => !existsSync(folder));
  if (missing.length === 0) return;
  await checkBuild(missing, cache);
  const goCache = join(cache, "go-build");
  const build: Build = {
    wanted: [...missing, ...keepCacheFor.map((tool) => placeOf(tool, cache))],
    before: () => removeLeftovers(cache),
    after: async (wanted) => {
      if (isComplete(wanted, cache)) await rm(goCache, { recursive: true, force: true });
    },
  };
  await withBuildLock(join(cache, "lock"), build, async () => {
    for (const { tool, folder } of missing) {
      if (existsSync(folder)) continue;
      // Named by the process: a compiler that outlived a killed run may still write into that run's folder.
      const work = join(cache, `building-${process.pid}-${tool.name}`);
      await buildTool(tool, { ...options, target: folder, work, goCache, report: (line) => report(tool, line) });
    }
  });
}

/** Whether all requested tools and all of the cluster's tools are built, so that Go's build cache is no longer needed. */
function isComplete(wanted: readonly ToolPlace[], cache: string): boolean {
  return [...wanted, ...planToolchain(cache)].every(({ folder }) => existsSync(folder));
}

/** Checks that this machine can build the missing tools. @throws UserError without a suitable Go or disk space */
export async function checkBuild(missing: readonly ToolPlace[], cache: string = cacheDirectory()): Promise<void> {
  await mkdir(cache, { recursive: true });
  await checkGo();
  await checkDisk(cache, missing);
}

/** Removes the working folders of builds that were killed. */
async function removeLeftovers(cache: string): Promise<void> {
  const left = (await readdir(cache)).filter((name) => name.startsWith("building-"));
  await Promise.all(left.map((name) => rm(join(cache, name), { recursive: true, force: true })));
}

/** The folder of one tool, such as `kubectl`'s; the tool is built first if the cache does not have it. */
export async function ensureTool(
  tool: Tool,
  report: (line: string) => void = () => undefined,
  options: EnsureOptions = {},
): Promise<string> {
  const place = placeOf(tool, options.cache);
  if (!place.built) await ensureTools([place], (_, line) => report(line), options);
  return place.folder;
}
