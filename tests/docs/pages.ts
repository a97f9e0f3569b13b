import { glob, readFile } from "node:fs/promises";
import path from "node:path";

export const REPOSITORY = path.resolve(import.meta.dirname, "../..");

/**
 * How a block of shell commands is run, as the words after `sh` in its fence say:
 *
 * - nothing: in a copy of this checkout, without a cluster
 * - `background`: the same, but left running until the page ends; it counts as started once it prints an address
 * - `fails`: the same, to show an error message; it must end with an exit code other than 0
 * - `cluster`: in a copy of this checkout, with the dev stack on the embedded cluster
 * - `not run: REASON`: not at all
 */
export type Mode = (typeof MODES)[number];

const MODES = ["alone", "background", "fails", "cluster", "not run"] as const;

/** A fenced block of shell commands in a page. */
export interface Block {
  readonly page: string;
  /** Line number of the fence in the page, starting at 1. */
  readonly line: number;
  readonly mode: Mode;
  /** Why the block is not run; empty if it is run. */
  readonly reason: string;
  readonly script: string;
}

/** The title of a block's test: its location and its first command. */
export function titleOf({ page, line, script }: Block): string {
  return `${page}:${line}: ${script.split("\n", 1)[0]}`;
}

/** The pages whose commands are tested, as paths in the repository: the README and every guide. */
export async function testedPages(): Promise<string[]> {
  const guides = await Array.fromAsync(glob("docs/guides/*.md", { cwd: REPOSITORY }));
  return ["README.md", ...guides.sort()];
}

/** The shell blocks of a page, in their order. */
export async function readBlocks(page: string): Promise<Block[]> {
  return blocksOf(page, await readFile(path.join(REPOSITORY, page), "utf8"));
}

const FENCE = /^```(?<info>\S.*)?$/;

/**
 * The shell blocks in the text of a page.
 *
 * @throws Error if a fence has an unknown mark, or if commands are written in a form that the tests would miss
 */
export function blocksOf(page: string, text: string): Block[] {
  const blocks: Block[] = [];
  let open: { readonly line: number; readonly info: string; readonly lines: string[] } | undefined;
  for (const [index, line] of text.split("\n").entries()) {
    const fence = FENCE.exec(line);
    if (open !== undefined && line === "```") {
      if (/^sh\b/.test(open.info)) blocks.push(blockOf(page, open.line, open.info, open.lines));
      open = undefined;
    } else if (open !== undefined) {
      open.lines.push(line);
    } else if (fence !== null) {
      const info = fence.groups?.["info"] ?? "";
      if (/^(bash|shell|console|zsh)\b/.test(info))
        throw new Error(`${page}:${index + 1}: mark shell commands as "sh"`);
      open = { line: index + 1, info, lines: [] };
    } else if (/^ {4}(npm|node|pulumi|kubectl|curl|git) /.test(line)) {
      throw new Error(`${page}:${index + 1}: an indented command is not tested; put it into a fenced block`);
    }
  }
  if (open !== undefined) throw new Error(`${page}:${open.line}: this fence is not closed`);
  return blocks;
}

function blockOf(page: string, line: number, info: string, lines: readonly string[]): Block {
  const [, mark = ""] = /^sh(?: (.*))?$/.exec(info) ?? [];
  const [, reason = ""] = /^not run: (.*)$/.exec(mark) ?? [];
  const mode = reason === "" ? mark || "alone" : "not run";
  if (!isMode(mode)) throw new Error(`${page}:${line}: "${info}" is no mark of a shell block`);
  return { page, line, mode, reason, script: lines.join("\n") };
}

function isMode(text: string): text is Mode {
  return MODES.some((mode) => mode === text);
}
