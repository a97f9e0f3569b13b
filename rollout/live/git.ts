import path from "node:path";
import { execa } from "execa";
import { UserError } from "../../common/errors.ts";
import type { CommitText } from "../driver/actor.ts";

/** Commits files, and nothing else that is staged. */
export class GitCommits {
  readonly #folder: string;
  readonly #files: readonly string[];

  /** @param files absolute paths in one repository; the first ones are the stack's, the last one is the record file */
  constructor(files: readonly string[]) {
    this.#folder = path.dirname(files[0] ?? ".");
    this.#files = files;
  }

  /** @throws UserError unless the files are in a repository */
  async check(): Promise<void> {
    const { exitCode } = await this.#git(["rev-parse", "--is-inside-work-tree"]);
    if (exitCode !== 0) throw new UserError(`${this.#folder} is in no Git repository`, "leave out --commit");
  }

  /** @returns why nothing was committed; undefined if it was */
  async commit({ subject, body }: CommitText): Promise<string | undefined> {
    const added = await this.#git(["add", "--", ...this.#files]);
    if (added.exitCode !== 0) return added.stderr;
    const staged = await this.#git(["diff", "--cached", "--quiet", "--", ...this.#files]);
    if (staged.exitCode === 0) return undefined;
    const message = body === "" ? subject : `${subject}\n\n${body}\n`;
    const { exitCode, all } = await this.#git(["commit", "--only", "--file=-", "--", ...this.#files], message);
    return exitCode === 0 ? undefined : (all ?? "git commit failed");
  }

  /** Whether the stack's files differ from the last commit: a driver was interrupted before its commit. */
  async behind(): Promise<boolean> {
    const { exitCode } = await this.#git(["diff", "--quiet", "HEAD", "--", ...this.#files.slice(0, -1)]);
    return exitCode === 1;
  }

  #git(args: readonly string[], input = "") {
    return execa("git", [...args], { cwd: this.#folder, input, reject: false, all: true });
  }
}
