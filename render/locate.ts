import { matchPath, type PathMatch } from "../common/setting-path.ts";
import { isObject, isSameItem, itemKeysOf, layerSettings, type Settings } from "./layers.ts";
import { readLayers } from "./stack-file.ts";

/** Where a setting is written. */
export interface Place {
  readonly file: string;
  /** Its path in that file, where lists may have fewer items than in the merged stack. */
  readonly path: string;
}

/** One stack file. */
export interface StackLayer {
  /** The file as the user named it. */
  readonly file: string;
  /** Its settings by key, without the project's name. */
  readonly settings: Settings;
}

/** The settings of each of several stack files. @throws StackFileError if one of them is missing or malformed */
export async function readStackLayers(project: string, files: readonly string[]): Promise<StackLayer[]> {
  const contents = await readLayers(project, files);
  const own = (key: string) => (key.startsWith(`${project}:`) ? key.slice(project.length + 1) : key);
  return contents.map(({ config }, index) => ({
    file: files[index] ?? "",
    settings: Object.fromEntries(
      Object.entries(isObject(config) ? config : {}).map(([key, value]) => [own(key), value]),
    ),
  }));
}

/**
 * The file that a setting of merged stack files comes from, and its path there. A setting that no file contains is looked for
 * where it would be added: in the last file that has the object around it.
 *
 * @param layers at least one; later ones are merged over earlier ones
 * @param path path in the merged stack, such as `models[1].versions[0].name`
 */
export function locate(layers: readonly StackLayer[], path: string): Place {
  const merged = layerSettings(layers.map(({ settings }) => settings));
  let best: { readonly file: string; readonly match: PathMatch } | undefined;
  for (const { file, settings } of layers.toReversed()) {
    const match = matchPath(settings, merged, path, sameItem);
    if (best === undefined || match.rest.length < best.match.rest.length) best = { file, match };
    if (match.replaces) break;
  }
  if (best === undefined) throw new RangeError("there is no stack file");
  return { file: best.file, path: best.match.path + best.match.rest };
}

function sameItem(key: string) {
  const itemKeys = itemKeysOf(key);
  return itemKeys && ((one: unknown, other: unknown) => isSameItem(itemKeys, one, other));
}

/** A path of a setting in a text: at least one index or dot tells it from a word. */
const PATH = /(?<![\w.$/`"])[a-z][A-Za-z]*(?:(?:\[[0-9]+\]|\.[A-Za-z_][\w/-]*)+)/g;

/**
 * The messages of a program about its stack, with the files and the paths in them in place of those of the merged stack.
 *
 * @param text lines such as `Pulumi.dev.yaml: models[1].name: is wrong`
 * @param source what the program calls its stack file
 * @param layers the stack files; without any, the text is returned as it is
 */
export function locateProblems(text: string, source: string, layers: readonly StackLayer[]): string {
  if (layers.length === 0) return text;
  return text
    .split("\n")
    .map((line) => {
      const start = line.indexOf(`${source}: `);
      if (start < 0) return line;
      const [, path = "", message = ""] = /^(\S+?)((?::? .*)?)$/.exec(line.slice(start + source.length + 2)) ?? [];
      const place = locate(layers, path);
      return `${line.slice(0, start)}${place.file}: ${place.path}${locateMentioned(message, place.file, layers)}`;
    })
    .join("\n");
}

/** A message with the paths that it mentions as they are in the files; another file than the message's own is named. */
function locateMentioned(message: string, file: string, layers: readonly StackLayer[]): string {
  const keys = new Set(layers.flatMap(({ settings }) => Object.keys(settings)));
  return message.replaceAll(PATH, (path) => {
    if (!keys.has(/^[A-Za-z]+/.exec(path)?.[0] ?? "")) return path;
    const place = locate(layers, path);
    return place.file === file ? place.path : `${place.path} of ${place.file}`;
  });
}
