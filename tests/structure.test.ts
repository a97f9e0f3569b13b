import { glob, readFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "chai";

const repository = path.resolve(import.meta.dirname, "..");

/** Rooms of equal rank: folders or files, relative to their root. They must not import each other. */
type Layer = readonly string[];

/**
 * The layers of each root folder, from the highest to the lowest. A file may import files of its own room and of lower layers.
 * It belongs to the longest entry that contains it; "." is everything that no other entry contains.
 */
const LAYERS: Readonly<Record<string, readonly Layer[]>> = {
  "apps/inference": [
    ["."],
    ["routes", "telemetry"],
    ["openapi"],
    ["protocols/predict", "protocols/v1", "protocols/v2"],
    ["protocols"],
    ["http"],
    ["repository"],
    ["metrics", "payload"],
    ["batching"],
    ["http-error.ts"],
    ["model"],
    ["error-message.ts", "lifecycle.ts", "logger.ts", "settings.ts", "version.ts"],
  ],
};

const MAX_LINES = 300;
const MAX_FILES = 15;

/** Static and dynamic imports, types included, and modules of worker threads. */
const IMPORT = /(?:\bfrom |\bimport |\bimport\(|\bnew URL\()"(\.{1,2}\/[^"]+\.ts)"/g;

/** The files of a root folder by their path in it, each with its imports from the same root. */
async function importGraph(root: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const folder = path.join(repository, root);
  const graph = new Map<string, readonly string[]>();
  for (const file of (await Array.fromAsync(glob("**/*.ts", { cwd: folder }))).sort()) {
    if (file.includes("node_modules")) continue;
    const text = await readFile(path.join(folder, file), "utf8");
    const imports = [...text.matchAll(IMPORT)].map(([, to = ""]) => path.join(path.dirname(file), to));
    graph.set(
      file,
      imports.filter((to) => !to.startsWith("..")),
    );
  }
  return graph;
}

/** The rank of a file's layer, 0 for the highest, and its room. */
function placeOf(file: string, layers: readonly Layer[]): { readonly rank: number; readonly room: string } {
  const contains = (room: string) => room === "." || file === room || file.startsWith(`${room}/`);
  const lengthOf = (room: string) => (room === "." ? 0 : room.length);
  const rooms = layers.flatMap((layer, rank) => layer.filter(contains).map((room) => ({ rank, room })));
  const [longest] = rooms.sort((a, b) => lengthOf(b.room) - lengthOf(a.room));
  if (longest === undefined) throw new Error(`${file} is in no layer`);
  return longest;
}

/** The imports that the layers do not allow, one line each. */
function wrongImports(graph: ReadonlyMap<string, readonly string[]>, layers: readonly Layer[]): string[] {
  const lines: string[] = [];
  for (const [file, imports] of graph) {
    const from = placeOf(file, layers);
    for (const imported of imports) {
      const to = placeOf(imported, layers);
      if (to.room !== from.room && to.rank <= from.rank) {
        lines.push(`${file} (${from.room}) must not import ${imported} (${to.room})`);
      }
    }
  }
  return lines;
}

/** The import circles, each as the path from a file back to itself. */
function circles(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const found: string[] = [];
  const done = new Set<string>();
  const visit = (file: string, trail: readonly string[]) => {
    const start = trail.indexOf(file);
    if (start >= 0) {
      found.push([...trail.slice(start), file].join(" → "));
    } else if (!done.has(file)) {
      for (const imported of graph.get(file) ?? []) visit(imported, [...trail, file]);
      done.add(file);
    }
  };
  for (const file of graph.keys()) visit(file, []);
  return found;
}

for (const [root, layers] of Object.entries(LAYERS)) {
  describe(`the structure of ${root}`, () => {
    let graph: ReadonlyMap<string, readonly string[]>;
    before(async () => {
      graph = await importGraph(root);
    });

    it("has rooms for all layers", () => {
      const rooms = new Set([...graph.keys()].map((file) => placeOf(file, layers).room));
      expect([...rooms].sort()).to.deep.equal(layers.flat().sort());
    });

    it("imports from higher to lower layers only", () => {
      expect(wrongImports(graph, layers)).to.deep.equal([]);
    });

    it("has no import circles", () => {
      expect(circles(graph)).to.deep.equal([]);
    });

    it(`has no folder with more than ${MAX_FILES} files`, () => {
      const folders = Map.groupBy(graph.keys(), (file) => path.dirname(file));
      const full = [...folders].filter(([, files]) => files.length > MAX_FILES).map(([folder]) => folder);
      expect(full).to.deep.equal([]);
    });

    it(`has no file with more than ${MAX_LINES} lines`, async () => {
      const long: string[] = [];
      for (const file of graph.keys()) {
        const lines = (await readFile(path.join(repository, root, file), "utf8")).split("\n").length - 1;
        if (lines > MAX_LINES) long.push(`${file}: ${lines}`);
      }
      expect(long).to.deep.equal([]);
    });
  });
}

describe("the check of imports", () => {
  const layers = [["."], ["a"], ["b", "c"]];

  it("reports an import from a lower layer to a higher one, and one between rooms of a layer", () => {
    const graph = new Map([
      ["main.ts", ["a/x.ts", "b/x.ts"]],
      ["a/x.ts", ["a/y.ts", "c/x.ts"]],
      ["b/x.ts", ["a/x.ts", "c/x.ts", "main.ts"]],
    ]);
    expect(wrongImports(graph, layers)).to.deep.equal([
      "b/x.ts (b) must not import a/x.ts (a)",
      "b/x.ts (b) must not import c/x.ts (c)",
      "b/x.ts (b) must not import main.ts (.)",
    ]);
  });

  it("reports an import circle", () => {
    const graph = new Map([
      ["main.ts", ["a/x.ts"]],
      ["a/x.ts", ["a/y.ts"]],
      ["a/y.ts", ["a/z.ts", "a/x.ts"]],
      ["a/z.ts", []],
    ]);
    expect(circles(graph)).to.deep.equal(["a/x.ts → a/y.ts → a/x.ts"]);
  });
});
