import path from "node:path";

/**
 * Groups of suites by what they need, in the order in which they run: suites without requirements come first, while the tools of
 * the others are built. `unit` is everything that is in no other group.
 */
const PATTERNS = {
  unit: [],
  /** Simulated rollouts: many thousand decisions, which is too long for `unit`. */
  rollout: ["tests/rollout/**"],
  /** Suites that run the whole program, in a process for each stack. */
  render: ["tests/render/**", "tests/policy/{pack,stacks}.test.ts", "tests/docs/{guides,repository-files}.test.ts"],
  server: [
    "tests/apps/inference/**",
    "tests/apps/{load-test,sources}/**",
    "tests/apps/inference-clients/{fuzz,sigterm}.test.ts",
  ],
  trainer: ["tests/apps/*.test.ts", "tests/apps/trainer/**"],
  /** Suites that need other programs: tools built from source, Python and Debian packages, compilers. */
  tools: [
    "tests/apps/sources/real-*.test.ts",
    "tests/quality.test.ts",
    "tests/components/{package,kubernetes-api}.test.ts",
    "tests/render/{schema,gateways,score,server-side}.test.ts",
    "tests/apps/trainer/onnx-checker.test.ts",
    "tests/{apps/imports,gateway,kueue}/**",
    "tests/apps/inference-clients/{docs-page,real-clients,schemathesis}.test.ts",
    "tests/apps/inference/text/{tokenizer-parity,trained-bert}.test.ts",
    "tests/{bench,components/monitoring}/**",
  ],
  engine: ["tests/{engine,review,drift}/**"],
  cluster: ["tests/cluster/**"],
} satisfies Record<string, readonly string[]>;

/** A group of suites, by its name. */
export type Group = keyof typeof PATTERNS;

/** All groups, in the order in which they run. */
export const GROUPS = Object.keys(PATTERNS) as Group[];

/** A file that matches two groups belongs to the later one. */
const BY_PRIORITY = GROUPS.toReversed();

/** The group of a test file, given its path relative to the repository. */
export function groupOf(file: string): Group {
  const matches = (group: Group) => PATTERNS[group].some((pattern) => path.matchesGlob(file, pattern));
  return BY_PRIORITY.find(matches) ?? "unit";
}

/** Files in the order in which they run: by group, then by name. */
export function inOrder(files: readonly string[]): string[] {
  const place = (file: string) => GROUPS.indexOf(groupOf(file));
  return files.toSorted((a, b) => place(a) - place(b) || (a < b ? -1 : 1));
}

/** The suites that the command line selects. */
export interface Selection {
  /** Globs of the test files. */
  readonly globs: readonly string[];
  /** Groups of the files; undefined for all groups. */
  readonly groups: readonly Group[] | undefined;
}

/** Parses names of groups and globs of files; selects everything if there are none. */
export function selectionOf(args: readonly string[]): Selection {
  const isGroup = (arg: string): arg is Group => Object.hasOwn(PATTERNS, arg);
  const groups = args.filter(isGroup);
  if (groups.length > 0 && groups.length < args.length) {
    throw new Error(`${args.join(" ")}: give groups (${GROUPS.join(", ")}) or files, not both`);
  }
  const all = ["tests/**/*.test.ts"];
  if (groups.length > 0) return { globs: all, groups };
  return { globs: args.length > 0 ? args : all, groups: undefined };
}

/** The folder whose suites' times are added up, such as `render`, or `apps/trainer` for each app. */
export function folderOf(file: string): string {
  const [, first = "", ...rest] = file.split("/");
  const deeper = first === "apps" && rest.length > 1 ? `${first}/${rest[0]}` : first;
  return rest.length === 0 ? "." : deeper;
}
