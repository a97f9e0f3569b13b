import { execFileSync } from "node:child_process";
import path from "node:path";

/** What the trainer's image is built from, relative to the project's folder. */
const SOURCES = ["apps/trainer", "apps/registry", "package.json", "package-lock.json"];

const PROJECT = path.join(import.meta.dirname, "../..");

/**
 * The last commit that changed the sources of the trainer's image, so that other commits need no new image; with `-dirty` if
 * there are uncommitted changes, "unknown" without a git repository.
 *
 * @param project the project's folder
 */
export function trainerCommit(project: string = PROJECT): string {
  const git = (...args: string[]) =>
    execFileSync("git", ["-C", project, ...args, "--", ...SOURCES], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }).trim();
  try {
    const commit = git("log", "-1", "--format=%H");
    if (commit === "") return "unknown";
    return git("status", "--porcelain") === "" ? commit : `${commit}-dirty`;
  } catch {
    return "unknown";
  }
}

/** The commit of the running trainer: `GIT_COMMIT`, which its image sets, otherwise that of the checkout. */
export function sourceCommit(
  environment: Readonly<Record<string, string | undefined>>,
  project: string = PROJECT,
): string {
  return environment["GIT_COMMIT"] || trainerCommit(project);
}
