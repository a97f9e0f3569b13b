import { matchesGlob } from "node:path";

/** Whether a path, relative to the build context, is excluded from the build. */
export type IgnoreRule = (path: string) => boolean;

/**
 * Reads a .dockerignore: one pattern per line, relative to the context. A pattern covers everything below it, `!` includes again,
 * and the last matching pattern decides.
 *
 * By hand, in twenty lines: npm's `ignore` follows .gitignore, where a pattern matches at any depth; @balena/dockerignore follows
 * Docker, but has not had a release for years.
 */
export function parseIgnore(text: string): IgnoreRule {
  const patterns = text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => {
      const negated = line.startsWith("!");
      return { negated, glob: (negated ? line.slice(1) : line).replace(/^\.?\/+/, "").replace(/\/+$/, "") };
    });
  return (path) => {
    let ignored = false;
    for (const { negated, glob } of patterns) {
      if (ancestors(path).some((part) => matchesGlob(part, glob))) ignored = !negated;
    }
    return ignored;
  };
}

/** `a/b/c` → `a`, `a/b`, `a/b/c`. */
function ancestors(path: string): string[] {
  const parts = path.split("/");
  return parts.map((_, index) => parts.slice(0, index + 1).join("/"));
}
