import { copyFile, link, mkdir, readFile, readlink, rename, stat, symlink, utimes } from "node:fs/promises";
import path from "node:path";
import { PulumiCommand } from "@pulumi/pulumi/automation/cmd.js";
import { placeOf } from "../../cluster/toolchain/index.ts";
import { errorMessage } from "../../common/errors.ts";
import { repositoryRoot } from "../../common/paths.ts";
import { findOnPath, isExecutable } from "../../common/search-path.ts";
import { pulumi } from "./tool.ts";

/** A Pulumi CLI on this machine. */
export interface PulumiCli {
  /** Path of the program. */
  readonly program: string;
  /** Where it comes from: PATH, the SDK's installer, or a build from the Go modules of `engine/go`. */
  readonly origin: "path" | "downloaded" | "built";
}

/** Where the Pulumi SDK downloads its CLI from. */
const DOWNLOADS = "https://get.pulumi.com";

/** Folder of this project's own plugins: the Node.js language host and the random provider. */
const PLUGINS = path.join(import.meta.dirname, "../plugins/bin");

/** The CLI on PATH, otherwise the one that was downloaded or built into the cache; undefined if there is none. */
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
 * @returns undefined if it cannot be downloaded; the reason is reported
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
    report(`the Pulumi CLI could not be downloaded: ${errorMessage(error)}`);
    return undefined;
  }
}

/**
 * Installs the plugins of a CLI that was built here into a Pulumi home of its own; the user's Pulumi home is not used. Any other
 * CLI downloads its plugins itself.
 *
 * @param home Pulumi home of the built CLI
 * @returns the program to run, and the environment that it needs in addition to the stack's
 */
export async function preparePlugins(
  { program, origin }: PulumiCli,
  home: string,
  searched: string = process.env["PATH"] ?? "",
): Promise<{ readonly program: string; readonly environment: Readonly<Record<string, string>> }> {
  if (origin !== "built") return { program, environment: {} };
  // The engine looks for a language host next to its own program, and for providers in its home. Plugins on PATH would also
  // work, but with a warning each time.
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

/** Makes `file` a hard link to a program, or a copy on another disk: the CLI does not find its own folder through a symbolic link. */
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

/** Replaces a file in one step: another process may do the same at the same time. */
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
