import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import type { KubernetesObject, RenderedObject } from "./rendered.ts";
import { toYaml } from "./yaml.ts";

/** Annotation of a Secret whose values are omitted: the keys to fill in, separated by commas. */
export const WITHHELD = "ml-platform/withheld";

/** First line of every file, which identifies the files of an earlier rendering. */
const MARK = "# Rendered by ml-platform; change the stack file and render again.";

/**
 * Writes each object to its own file, `<kind>-<name>.yaml`, and removes the files of earlier renderings that are no longer
 * needed. Other files are not touched.
 *
 * @returns the names of the files, sorted
 */
export async function writeFiles(directory: string, objects: readonly RenderedObject[]): Promise<string[]> {
  const names = fileNames(objects.map(({ object }) => object));
  const files = new Map(
    objects.map(({ object }, index) => [names[index] ?? "", `${MARK}\n${objectYaml(withoutSecretValues(object))}`]),
  );
  await mkdir(directory, { recursive: true });
  for (const [name, text] of files) await writeFile(path.join(directory, name), text);
  for (const name of await renderedEarlier(directory)) {
    if (!files.has(name)) await rm(path.join(directory, name));
  }
  return [...files.keys()].toSorted();
}

async function renderedEarlier(directory: string): Promise<string[]> {
  const names = (await readdir(directory)).filter((name) => name.endsWith(".yaml"));
  const texts = await Promise.all(names.map((name) => readFile(path.join(directory, name), "utf8")));
  return names.filter((_name, index) => texts[index]?.startsWith(MARK));
}

/** The files that objects are written to: with the namespace, or the API group, only if two would share a file without it. */
function fileNames(objects: readonly KubernetesObject[]): string[] {
  const full = ({ apiVersion, kind, metadata }: KubernetesObject) =>
    [kind.toLowerCase(), metadata.name, metadata.namespace, apiVersion.replaceAll("/", "-")].filter(Boolean).join("-");
  const sharing = Map.groupBy(objects, fileName);
  return objects.map((object) => {
    const name = fileName(object);
    return (sharing.get(name)?.length ?? 0) > 1 ? `${full(object)}.yaml` : name;
  });
}

/** The file that an object is written to, if no other object has its kind and name. */
export function fileName({ kind, metadata }: KubernetesObject): string {
  return `${kind.toLowerCase()}-${metadata.name}.yaml`;
}

/** An object as YAML: `apiVersion`, `kind` and `metadata` first, everything else sorted. */
export function objectYaml({ apiVersion, kind, metadata, ...rest }: KubernetesObject): string {
  const sorted = Object.fromEntries(Object.entries(rest).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  return toYaml({ apiVersion, kind, metadata, ...sorted });
}

/** A Secret without its values and not immutable, so that they can be filled in; any other object unchanged. */
export function withoutSecretValues(object: KubernetesObject): KubernetesObject {
  if (object.kind !== "Secret") return object;
  const { data, stringData, immutable: _immutable, ...rest } = object;
  const keys = [...Object.keys(data ?? {}), ...Object.keys(stringData ?? {})].toSorted();
  const annotations = { ...rest.metadata.annotations, [WITHHELD]: keys.join(",") };
  return { ...rest, metadata: { ...rest.metadata, annotations } };
}
