import { readFile } from "node:fs/promises";
import path from "node:path";
import { execa } from "execa";

/**
 * The test files that concern the files changed since a commit.
 *
 * A test is selected if a changed file is imported by it, directly or indirectly, or is named in a string, by its path in
 * the repository such as `engine/cli.ts`, in the test or a file that it imports. A changed file that is not TypeScript
 * selects the tests of the TypeScript files in its folder, or in the nearest parent folder that has any. The type check and
 * lint always run.
 *
 * @param ref the commit; changes that are not committed count too
 * @param tests paths of the test files, relative to the repository, like the result
 */
export async function testsOfChanges(repository: string, ref: string, tests: readonly string[]): Promise<string[]> {
  const git = async (...args: string[]) =>
    (await execa("git", ["-C", repository, ...args])).stdout.split("\n").filter((line) => line !== "");
  const changed = await git("diff", "--name-only", ref);
  const files = new Set([...(await git("ls-files", "--cached", "--others", "--exclude-standard")), ...changed]);
  const untracked = await git("ls-files", "--others", "--exclude-standard");
  const graph = await readGraph(repository, files);
  const concerned = new Set([...changed, ...untracked].flatMap((file) => codeFor(file, files)));
  return tests.filter((test) => test === "tests/quality.test.ts" || reaches(graph, test, concerned));
}

type Graph = ReadonlyMap<string, readonly string[]>;

/** The TypeScript files to treat as changed in place of a changed file. */
export function codeFor(file: string, files: ReadonlySet<string>): string[] {
  if (isCode(file)) return [file];
  for (let folder = path.dirname(file); ; folder = path.dirname(folder)) {
    const code = [...files].filter((each) => isCode(each) && path.dirname(each) === folder);
    if (code.length > 0 || folder === ".") return [file, ...code];
  }
}

const isCode = (file: string) => file.endsWith(".ts");

async function readGraph(repository: string, files: ReadonlySet<string>): Promise<Graph> {
  const code = [...files].filter(isCode);
  const texts = await Promise.all(code.map((file) => readFile(path.join(repository, file), "utf8").catch(() => "")));
  return new Map(code.map((file, index) => [file, referencesIn(texts[index] ?? "", file, files)]));
}

/** The repository's files that the text of a file imports or names. */
export function referencesIn(text: string, file: string, files: ReadonlySet<string>): string[] {
  const strings = [...text.matchAll(/"([^"\n]+\.[a-z]+)"/g)].map(([, each = ""]) => each);
  const paths = strings.map((each) => (each.startsWith(".") ? path.join(path.dirname(file), each) : each));
  return paths.filter((each) => files.has(each));
}

function reaches(graph: Graph, from: string, targets: ReadonlySet<string>): boolean {
  const seen = new Set([from]);
  for (const file of seen) {
    if (targets.has(file)) return true;
    for (const next of graph.get(file) ?? []) seen.add(next);
  }
  return false;
}
