import { access, constants } from "node:fs/promises";
import path from "node:path";
import { PulumiCommand } from "@pulumi/pulumi/automation/cmd.js";
import { toolchainFolders } from "../local/toolchain/index.ts";

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
const PLUGINS = path.join(import.meta.dirname, "plugins", "bin");

/** The CLI on PATH, else the one that an earlier call has downloaded or built into the cache; undefined where there is none. */
export async function findPulumi(cache: string): Promise<PulumiCli | undefined> {
  const candidates: PulumiCli[] = [
    ...searchPath("pulumi").map((program) => ({ program, origin: "path" as const })),
    { program: path.join(downloadFolder(cache), "bin", "pulumi"), origin: "downloaded" },
    { program: path.join(toolchainFolders(cache).pulumi, "pulumi"), origin: "built" },
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
 * What the CLI's environment needs beside the stack's own: the built one finds its plugins on PATH, fetches none, and
 * leaves the person's own Pulumi folder alone; any other gets the plugins it asks for.
 *
 * @param home folder for what the built CLI keeps for itself
 */
export function pluginEnvironment(
  { program, origin }: PulumiCli,
  home: string,
  searched: string = process.env["PATH"] ?? "",
): Record<string, string> {
  if (origin !== "built") return {};
  return {
    PATH: [path.dirname(program), PLUGINS, searched].join(path.delimiter),
    PULUMI_HOME: home,
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
  };
}

function downloadFolder(cache: string): string {
  return path.join(cache, "pulumi");
}

function searchPath(program: string): string[] {
  return (process.env["PATH"] ?? "")
    .split(path.delimiter)
    .filter((folder) => folder !== "")
    .map((folder) => path.join(folder, program));
}

async function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/** Whether a site answers within three seconds. */
async function answers(url: string): Promise<boolean> {
  return fetch(url, { method: "HEAD", signal: AbortSignal.timeout(3000) }).then(
    ({ status }) => status < 500,
    () => false,
  );
}
