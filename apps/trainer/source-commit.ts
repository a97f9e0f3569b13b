import { execFileSync } from "node:child_process";

/** What the trainer is made of, relative to its folder: the same as in its image. */
const SOURCES = [".", "../registry", "../../package.json", "../../package-lock.json"];

/**
 * The commit that the trainer is of: `GIT_COMMIT`, which its image sets; otherwise, in a checkout, the one that last changed
 * it, with `-dirty` behind where there are changes that are not committed. "unknown" where git cannot tell.
 *
 * @param folder the trainer's folder
 */
export function sourceCommit(
  environment: Readonly<Record<string, string | undefined>>,
  folder: string = import.meta.dirname,
): string {
  const { GIT_COMMIT: given } = environment;
  if (given) return given;
  const git = (...args: string[]) =>
    execFileSync("git", ["-C", folder, ...args, "--", ...SOURCES], {
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
