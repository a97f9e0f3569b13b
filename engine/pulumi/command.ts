import { copyFile, link, mkdir, readFile, readlink, rename, stat, symlink, utimes } from "node:fs/promises";
import path from "node:path";
import { PulumiCommand } from "@pulumi/pulumi/automation/cmd.js";
import { placeOf } from "../../cluster/toolchain/index.ts";
import { repositoryRoot } from "../../common/paths.ts";
import { findOnPath, isExecutable } from "../../common/search-path.ts";
import { pulumi } from "./tool.ts";

/** A Pulumi CLI that this machine can run. */
export interface PulumiCli {
  /** Path of the program. */
  readonly program: string;
  /** Where it comes from: PATH, a download of the SDK's own installer, or the Go modules of `engine/go`. */
  readonly origin: "path" | "downloaded" | "built";
}

/** Where the Pulumi SDK downloads its CLI from. */
const DOWNLOADS = "https://get.pulumi.com";

/** Folder of the plugins that are programs of this project: the Node.js language host and the random provider. */
const PLUGINS = path.join(import.meta.dirname, "../plugins/bin");

/** The CLI on PATH, else the one that an earlier call has downloaded or built into the cache; undefined where there is none. */
export async function findPulumi(cache: string): Promise<PulumiCli | undefined> {
  const onPath = await findOnPath("pulumi");
  if (onPath !== undefined) return { program: onPath, origin: "path" };
  const candidates: PulumiCli[] = [
    { program: path.join(downloadFolder(cache), "bin", "pulumi"), origin: "downloaded" },
    { program: path.join(placeOf(pulumi, cache).folder, "pulumi"), origin: "built" },
  ];
  for (const candidate of candidates) {
    if (await isExecutable(candidate.program)) return candidate;
  }
  return undefined;
}

/**
 * Downloads the CLI with the SDK's own installer.
 *
 * @param cache folder of built and downloaded tools
 * @returns undefined where it cannot be downloaded; the reason is reported
 */
export async function downloadPulumi(
  cache: string,
  report: (line: string) => void,
  url: string = DOWNLOADS,
): Promise<PulumiCli | undefined> {
  if (!(await answers(url))) return undefined;
  report("downloading the Pulumi CLI");
  try {
    return { program: (await PulumiCommand.install({ root: downloadFolder(cache) })).command, origin: "downloaded" };
  } catch (error) {
    report(`the Pulumi CLI could not be downloaded: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}

/**
 * Gives the CLI that was built here its plugins, and says what its environment needs beside the stack's own: it fetches
 * none, and leaves the person's own Pulumi folder alone. Any other CLI gets the plugins it asks for by itself.
 *
 * @param home folder for what the built CLI keeps for itself
 * @returns the program to run, and its environment
 */
export async function preparePlugins(
  { program, origin }: PulumiCli,
  home: string,
  searched: string = process.env["PATH"] ?? "",
): Promise<{ readonly program: string; readonly environment: Readonly<Record<string, string>> }> {
  if (origin !== "built") return { program, environment: {} };
  // The engine looks for a language host beside its own program, and for providers in its home. It would take those on
  // PATH as well, and warn of it each time.
  const own = path.join(home, "bin", "pulumi");
  await sameFile(program, own);
  await linkTo(path.join(PLUGINS, "pulumi-language-nodejs"), path.join(home, "bin", "pulumi-language-nodejs"));
  await linkProvider("kubernetes", path.join(path.dirname(program), "pulumi-resource-kubernetes"), home);
  await linkProvider("random", path.join(PLUGINS, "pulumi-resource-random"), home);
  return {
    program: own,
    environment: {
      PATH: [path.dirname(own), searched].join(path.delimiter),
      PULUMI_HOME: home,
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    },
  };
}

async function linkProvider(name: string, program: string, home: string): Promise<void> {
  const manifest = path.join(repositoryRoot, "node_modules", "@pulumi", name, "package.json");
  const { version } = JSON.parse(await readFile(manifest, "utf8")) as { version: string };
  await linkTo(program, path.join(home, "plugins", `resource-${name}-v${version}`, `pulumi-resource-${name}`));
}

/** Makes `file` a symbolic link to a program. */
async function linkTo(program: string, file: string): Promise<void> {
  if ((await readlink(file).catch(() => undefined)) === program) return;
  await replace(file, (temporary) => symlink(program, temporary));
}

/** Makes `file` another name of a program, or a copy on another disk: it does not know a symbolic link for its own name. */
async function sameFile(program: string, file: string): Promise<void> {
  const [wanted, present] = await Promise.all([stat(program), stat(file).catch(() => undefined)]);
  if (present?.ino === wanted.ino || (present?.size === wanted.size && present.mtimeMs === wanted.mtimeMs)) return;
  await replace(file, (temporary) =>
    link(program, temporary).catch(async () => {
      await copyFile(program, temporary);
      await utimes(temporary, wanted.atime, wanted.mtime);
    }),
  );
}

/** Puts a file in its place in one step: another process may do the same at this moment. */
async function replace(file: string, make: (temporary: string) => Promise<void>): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  const temporary = `${file}.${process.pid}`;
  await make(temporary);
  await rename(temporary, file);
}

function downloadFolder(cache: string): string {
  return path.join(cache, "pulumi");
}

/** Whether a site answers within three seconds. */
async function answers(url: string): Promise<boolean> {
  return fetch(url, { method: "HEAD", signal: AbortSignal.timeout(3000) }).then(
    ({ status }) => status < 500,
    () => false,
  );
}
