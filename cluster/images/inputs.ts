import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { parseIgnore } from "./ignore.ts";

/** The apps of a stack. */
export type App = "inference" | "trainer";
/** Images of the apps, each built from `apps/NAME/Dockerfile` with the checkout as build context. */
export type ImageName = App | "combined";

/** The image of each app: separate images, or one for both. */
export function imageNames(combined: boolean): { readonly [name in App]: ImageName } {
  return combined ? { inference: "combined", trainer: "combined" } : { inference: "inference", trainer: "trainer" };
}

/** The image reference of each app. */
export type AppImages = { readonly [name in App]: string };

/**
 * Paths of the build context that a Dockerfile copies: the sources of every COPY and ADD, except those from another stage or
 * image. Line continuations and the JSON form are supported.
 */
export function copiedSources(dockerfile: string): string[] {
  const sources = new Set<string>();
  for (const line of dockerfile.replace(/\\\r?\n/g, " ").split("\n")) {
    const [, rest] = /^\s*(?:COPY|ADD)\s+(.*)$/i.exec(line) ?? [];
    if (rest === undefined) continue;
    const words = rest.trim().split(/\s+/);
    const flags = words.filter((word) => word.startsWith("--"));
    if (flags.some((flag) => flag.startsWith("--from="))) continue;
    const text = words.slice(flags.length).join(" ");
    const paths: unknown = text.startsWith("[") ? JSON.parse(text) : text.split(" ");
    for (const path of Array.isArray(paths) ? paths.slice(0, -1) : []) sources.add(String(path));
  }
  return [...sources];
}

/** Files of the build under `path` (a file or a folder of `context`), in a fixed order, relative to `context`. */
function filesUnder(context: string, path: string, ignored: (path: string) => boolean): string[] {
  const relative = path.replace(/^\.?\/*/, "").replace(/\/+$/, "");
  const full = join(context, relative);
  if (!existsSync(full)) return [];
  if (!statSync(full).isDirectory()) return ignored(relative) ? [] : [relative];
  return readdirSync(full)
    .sort()
    .map((name) => (relative === "" ? name : `${relative}/${name}`))
    .filter((child) => !ignored(child))
    .flatMap((child) => filesUnder(context, child, ignored));
}

/** The ignore file that Docker uses: the Dockerfile's own, otherwise the context's. */
function readIgnoreFile(context: string, dockerfile: string): string {
  const file = [`${dockerfile}.dockerignore`, ".dockerignore"].find((name) => existsSync(join(context, name)));
  return file === undefined ? "" : readFileSync(join(context, file), "utf8");
}

/**
 * A hash (twelve hex digits) of everything that determines an image: its Dockerfile; name, mode and content of every file that it
 * copies from `context`; and `base`, the version of its base image.
 */
export function imageHash(context: string, dockerfile: string, base: string): string {
  const text = readFileSync(join(context, dockerfile), "utf8");
  const ignored = parseIgnore(readIgnoreFile(context, dockerfile));
  const hash = createHash("sha256").update(JSON.stringify([base, text]));
  const files = new Set(copiedSources(text).flatMap((path) => filesUnder(context, path, ignored)));
  for (const file of [...files].sort()) {
    const executable = (statSync(join(context, file)).mode & 0o111) !== 0;
    const content = createHash("sha256")
      .update(readFileSync(join(context, file)))
      .digest("hex");
    hash.update(JSON.stringify([file, executable, content]));
  }
  return hash.digest("hex").slice(0, 12);
}
