import { execFileSync } from "node:child_process";

/** What the trainer's image is made from, relative to the project's folder. */
const TRAINER_SOURCES = ["apps/trainer", "apps/registry", "package.json", "package-lock.json"];

/**
 * The commit that last changed what the trainer's image is made from, so that other commits make no new image;
 * `<commit>-dirty` where there are changes that are not committed, "unknown" where git cannot tell.
 *
 * @param project the project's folder
 */
export function trainerCommit(project: string): string {
  const git = (...args: string[]) =>
    execFileSync("git", ["-C", project, ...args, "--", ...TRAINER_SOURCES], {
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
