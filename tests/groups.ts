import path from "node:path";

/**
 * The suites by what they need, in the order in which they run: those that need nothing run while the tools of the others are
 * being built. `unit` is whatever is in no other group.
 */
const PATTERNS = {
  unit: [],
  /** Those that run the whole program, in a process of its own for each stack. */
  render: ["tests/render/**", "tests/policy/{pack,stacks}.test.ts"],
  server: ["tests/apps/inference/**", "tests/apps/load-test/**", "tests/apps/inference-clients/{fuzz,sigterm}.test.ts"],
  trainer: ["tests/apps/*.test.ts", "tests/apps/trainer/**"],
  /** Programs of others: tools that are built from source, Python's and Debian's packages, compilers. */
  tools: [
    "tests/quality.test.ts",
    "tests/components/package.test.ts",
    "tests/render/{schema,gateways,score}.test.ts",
    "tests/apps/trainer/onnx-checker.test.ts",
    "tests/apps/inference-clients/{docs-page,real-clients,schemathesis}.test.ts",
    "tests/{bench,components/monitoring}/**",
  ],
  engine: ["tests/{engine,review,drift}/**"],
  cluster: ["tests/cluster/**"],
} satisfies Record<string, readonly string[]>;

/** A set of suites that `tests/run.ts` takes by its name. */
export type Group = keyof typeof PATTERNS;

/** All of them, in the order in which they run. */
export const GROUPS = Object.keys(PATTERNS) as Group[];

/** What is among the patterns of two groups belongs to the later one. */
const BY_PRIORITY = GROUPS.toReversed();

/** The group of a test file, given by its path from the repository on. */
export function groupOf(file: string): Group {
  const matches = (group: Group) => PATTERNS[group].some((pattern) => path.matchesGlob(file, pattern));
  return BY_PRIORITY.find(matches) ?? "unit";
}

/** Files in the order in which they run: group by group, and by name within one. */
export function inOrder(files: readonly string[]): string[] {
  const place = (file: string) => GROUPS.indexOf(groupOf(file));
  return files.toSorted((a, b) => place(a) - place(b) || (a < b ? -1 : 1));
}

/** What the command line asks for. */
export interface Selection {
  /** Where the files are looked for. */
  readonly globs: readonly string[];
  /** Groups that they must be of; undefined where each may be of any. */
  readonly groups: readonly Group[] | undefined;
}

/** Reads the command line: names of groups, or globs of files; everything where there is nothing. */
export function selectionOf(args: readonly string[]): Selection {
  const isGroup = (arg: string): arg is Group => Object.hasOwn(PATTERNS, arg);
  const groups = args.filter(isGroup);
  if (groups.length > 0 && groups.length < args.length) {
    throw new Error(`${args.join(" ")}: name groups (${GROUPS.join(", ")}), or files, and not both`);
  }
  const all = ["tests/**/*.test.ts"];
  if (groups.length > 0) return { globs: all, groups };
  return { globs: args.length > 0 ? args : all, groups: undefined };
}

/** The folder whose suites' times are added up: `tests/render` and the like, of the apps each one's own. */
export function folderOf(file: string): string {
  const [, first = "", ...rest] = file.split("/");
  const deeper = first === "apps" && rest.length > 1 ? `${first}/${rest[0]}` : first;
  return rest.length === 0 ? "." : deeper;
}
