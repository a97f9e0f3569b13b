import { access, constants } from "node:fs/promises";
import path from "node:path";
import { PulumiCommand } from "@pulumi/pulumi/automation/cmd.js";

/** Where the Pulumi SDK downloads its CLI from. */
const DOWNLOADS = "https://get.pulumi.com";

/**
 * Finds the Pulumi CLI on PATH, or in the cache where an earlier call has put it, or installs it there with the
 * SDK's own installer.
 *
 * @param cache folder of built and downloaded tools
 * @returns the program; undefined where there is none and none can be downloaded
 */
export async function findPulumi(cache: string, report: (line: string) => void): Promise<string | undefined> {
  const root = path.join(cache, "pulumi");
  const installed = path.join(root, "bin", "pulumi");
  for (const candidate of [...searchPath("pulumi"), installed]) {
    if (await isExecutable(candidate)) return candidate;
  }
  if (!(await answers(DOWNLOADS))) return undefined;
  report("installing the Pulumi CLI");
  try {
    return (await PulumiCommand.install({ root })).command;
  } catch (error) {
    report(`the Pulumi CLI could not be installed: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
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
