import { cp, mkdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { UserError } from "../../common/errors.ts";
import { patchedModules } from "./patch.ts";
import { type ModuleFiles, moduleFolder, type Tool } from "./tool.ts";

/** Where and how one tool is built. */
export interface BuildOptions {
  /** Finished folder of the tool; it appears in one step. */
  readonly target: string;
  /** Scratch folder on the same file system as `target`. */
  readonly work: string;
  /** Go's build cache: kept between builds, so that an interrupted one continues where it was. */
  readonly goCache: string;
  readonly report: (line: string) => void;
  /** Whether to build at low priority. @default false */
  readonly lowPriority?: boolean;
  /** Cancels the build. */
  readonly signal?: AbortSignal;
}

/** The environment of every `go` command: the user's own, without the settings that would change or break the build. */
export function goEnvironment(goCache: string, environment: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  const { GOOS: _os, GOARCH: _arch, ...rest } = environment;
  // The compiler collects its garbage less often: a fifth less time, for a fifth more memory.
  return { GOGC: "400", ...rest, CGO_ENABLED: "0", GOCACHE: goCache, GOFLAGS: "", GOWORK: "off" };
}

/** Builds `tool` into `options.target`. @throws UserError with Go's last line if the build fails */
export async function buildTool(tool: Tool, options: BuildOptions): Promise<void> {
  const { target, work, goCache } = options;
  await rm(work, { recursive: true, force: true });
  await rm(`${work}-modules`, { recursive: true, force: true });
  await mkdir(work, { recursive: true });
  const env = goEnvironment(goCache);
  if (tool.binaries.length > 0) {
    const scratch = `${work}-modules`;
    const modules = await patchedModules(tool.patches ?? [], moduleFolder(tool), scratch, env);
    await compile(tool, env, modules, options);
    await rm(scratch, { recursive: true, force: true });
  }
  for (const files of tool.files ?? []) {
    const source = await moduleSource(files, tool.binaries.length > 0 ? moduleFolder(tool) : work, env);
    await cp(join(source, files.from), join(work, files.to), { recursive: true });
  }
  await mkdir(dirname(target), { recursive: true });
  await rename(work, target);
}

/** The file name that `go build` gives a package's binary: the last part of its path other than a major version. */
function defaultName(path: string): string {
  return path.split("/").findLast((part) => !/^v\d+$/.test(part)) ?? path;
}

/** One `go build` for all binaries of a tool, so that Go links them in parallel. */
async function compile(
  tool: Tool,
  env: NodeJS.ProcessEnv,
  modules: readonly string[],
  { work: folder, report, lowPriority = false, signal }: BuildOptions,
): Promise<void> {
  const flags = [
    ...modules,
    "-trimpath",
    "-buildvcs=false",
    // Without debug information the compiler has a tenth less to do.
    "-gcflags=all=-dwarf=false",
    "-v",
    "-tags",
    tool.tags ?? "",
    "-ldflags",
    `-s -w ${tool.linkerFlags ?? ""}`,
  ];
  const packages = tool.binaries.map((binary) => binary.package);
  const program = lowPriority ? ["nice", "go"] : ["go"];
  const [file = "go", ...args] = [...program, "build", ...flags, "-o", `${folder}/`, ...packages];
  const go = execa(file, args, {
    cwd: moduleFolder(tool),
    env,
    extendEnv: false,
    stdout: "ignore",
    reject: false,
    ...(signal ? { cancelSignal: signal } : {}),
  });
  let compiled = 0;
  let last = "no output";
  for await (const line of go.iterable({ from: "stderr" })) {
    last = line;
    if (line.startsWith("go: downloading ")) report(line.slice("go: ".length));
    else report(`${++compiled} packages compiled`);
  }
  const ended = await go;
  if (ended.exitCode !== 0) throw buildFailure(tool, ended.signal ? `ended by ${ended.signal}` : last);
  for (const { package: path, name } of tool.binaries) {
    if (defaultName(path) !== name) await rename(join(folder, defaultName(path)), join(folder, name));
  }
}

function buildFailure(tool: Tool, reason: string): UserError {
  return new UserError(
    `${tool.name} ${tool.version} could not be built (${reason})`,
    "check network, memory and disk, then run the same command again: it continues where it stopped",
  );
}

/** Folder of a published module's source in Go's module cache, downloaded first if it is missing. */
async function moduleSource(files: ModuleFiles, cwd: string, env: NodeJS.ProcessEnv): Promise<string> {
  // If the module's go line is newer than this Go, the exit code is 1 and there is no "Dir", but the files are downloaded.
  const { stdout, stderr } = await execa("go", ["mod", "download", "-json", `${files.module}@${files.version}`], {
    cwd,
    env,
    extendEnv: false,
    reject: false,
  });
  const answer = JSON.parse(stdout || "{}") as { Dir?: string; Sum?: string; Error?: string };
  const problem = answer.Error ?? stderr;
  if (!answer.Sum)
    throw new UserError(
      `${files.module} ${files.version} could not be downloaded (${problem})`,
      "check the network and try again",
    );
  if (files.sum && files.sum !== answer.Sum) {
    throw new UserError(
      `${files.module} ${files.version} does not have the expected checksum`,
      "do not use this network's module proxy",
    );
  }
  if (answer.Dir) return answer.Dir;
  const { stdout: cache } = await execa("go", ["env", "GOMODCACHE"], { env, extendEnv: false });
  return join(cache.trim(), `${files.module}@${files.version}`);
}
