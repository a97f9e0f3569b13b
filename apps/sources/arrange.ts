import { readdir, rename, rmdir } from "node:fs/promises";
import path from "node:path";
import { METADATA_FILE, MODEL_FILE } from "../registry/layout.ts";

/** Paths of the files below a folder, with `/` between folders, in order. */
export async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)).split(path.sep).join("/"))
    .sort();
}

/**
 * Gives the graph of a folder its place, `model.onnx`, and moves the files beside it along, such as its weights: exporters for
 * the Hugging Face Hub put graphs into `onnx/`, images of models into `models/`. A folder without a graph, for another
 * server, stays as it is.
 *
 * @returns why it is not clear which graph is meant; undefined if it is, or if there is none
 */
export async function arrange(folder: string): Promise<string | undefined> {
  const files = await filesBelow(folder);
  if (files.includes(MODEL_FILE) || files.includes(METADATA_FILE)) return undefined;
  const graphs = files.filter((file) => file.endsWith(".onnx"));
  const named = graphs.filter((file) => path.posix.basename(file) === MODEL_FILE);
  const [graph, ...more] = named.length === 1 ? named : graphs;
  if (graph === undefined) return undefined;
  if (more.length > 0)
    return `it has ${graphs.length} graphs (${graphs.slice(0, 5).join(", ")}): name the wanted files`;
  const from = path.posix.dirname(graph);
  const names = await readdir(path.join(folder, from));
  for (const name of from === "." ? [] : names) {
    const target = path.join(folder, name === path.posix.basename(graph) ? MODEL_FILE : name);
    const isTaken = files.some((file) => file === name || file.startsWith(`${name}/`));
    if (!isTaken) await rename(path.join(folder, from, name), target);
  }
  if (from === ".") await rename(path.join(folder, graph), path.join(folder, MODEL_FILE));
  else await removeEmpty(folder, from);
  return undefined;
}

async function removeEmpty(folder: string, below: string): Promise<void> {
  for (let one = below; one !== "."; one = path.posix.dirname(one)) {
    // Fails if it has other files, which stay where they are.
    if (
      !(await rmdir(path.join(folder, one)).then(
        () => true,
        () => false,
      ))
    )
      return;
  }
}
