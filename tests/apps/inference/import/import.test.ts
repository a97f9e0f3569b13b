import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "chai";
import { type Imported, importModel } from "../../../../apps/inference/import/import-model.ts";
import { readIndex, readMetadata, verifyArtifact } from "../../../../apps/registry/read.ts";
import { type Child, endChild, startChild } from "../support/child.ts";
import { emptyRegistry } from "../support/registry.ts";
import { send } from "../support/server.ts";

const fixture = (name: string) => path.join(import.meta.dirname, "..", "fixtures", `${name}.onnx`);
const WEIGHTS = new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer);

describe("npm run import", () => {
  let registry: { root: string; remove: () => Promise<void> };
  let models: string;
  const children: Child[] = [];
  beforeEach(async () => {
    registry = await emptyRegistry();
    models = path.join(registry.root, "models");
  });
  afterEach(async () => {
    await Promise.all(children.splice(0).map(endChild));
    await registry.remove();
  });

  const start = (script: string, ...args: string[]) => {
    const child = startChild(script, {}, args);
    children.push(child);
    return child;
  };

  /** Lays out files in a folder; a fixture by its name, or text. */
  async function folderOf(files: Readonly<Record<string, { fixture: string } | string | Uint8Array>>): Promise<string> {
    const folder = path.join(registry.root, "given");
    for (const [name, content] of Object.entries(files)) {
      const file = path.join(folder, name);
      await mkdir(path.dirname(file), { recursive: true });
      const isFixture = typeof content === "object" && "fixture" in content;
      await (isFixture ? cp(fixture(content.fixture), file) : writeFile(file, content));
    }
    return folder;
  }

  const importFolder = async (files: Parameters<typeof folderOf>[0], version?: string): Promise<Imported> =>
    importModel({ given: await folderOf(files), models, name: "m", version });

  /** The message of the error; fails if there is none. */
  async function messageOf(importing: Promise<Imported>): Promise<string> {
    const error: unknown = await importing.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).to.be.an("error").with.property("name", "UserError");
    return String((error as Error).message);
  }

  it("publishes a graph that serve and the printed request then work with", async () => {
    const importing = start("import.ts", fixture("maps"), "--name", "My.Maps", "--models", models);
    expect(await importing.exited, importing.stderr.join()).to.equal(0);
    const serve = start("serve.ts", "--models", models, "--port", "0");
    const url = /http:\/\/[^ ]+/.exec(await serve.line(/^Serving /))?.[0];
    const [, place, body = ""] = /8080(\S+) --json '(.*)'$/.exec(importing.stdout.at(-1) ?? "") ?? [];
    const headers = { "Content-Type": "application/json" };
    const answer = await send(`${url}${place}`, { method: "POST", headers, body });
    expect(answer.body).to.deep.equal({ y: { "0": 1, "1": 1 }, maps: { "0": 1, "1": 1 } });
    const { signature, description, artifact } = await readMetadata(models, "My.Maps", "1");
    expect(signature.labels).to.deep.equal(["0", "1"]);
    expect(signature.outputs.map(({ name }) => name)).to.deep.equal(["y", "maps"]);
    expect(description).to.equal("Imported; exported by fixtures.");
    expect(artifact.bytes).to.equal((await readFile(fixture("maps"))).byteLength);
    expect((await readIndex(models)).models).to.deep.equal([{ name: "My.Maps", versions: ["1"], latest: "1" }]);
  });

  it("copies the files with weights, and lists their checksums", async () => {
    const files = { "model.onnx": { fixture: "external" }, "weights.bin": WEIGHTS };
    const { metadata } = await importFolder(files);
    expect(metadata.artifact.externalData).to.have.lengthOf(1);
    await verifyArtifact(models, metadata);
    const copy = path.join(models, "m", "1", "weights.bin");
    expect(new Uint8Array(await readFile(copy))).to.deep.equal(WEIGHTS);
    expect((await importFolder(files)).metadata.version).to.equal("2");
    await writeFile(copy, "changed");
    const failure = await verifyArtifact(models, metadata).catch(String);
    expect(failure).to.match(/weights\.bin is corrupt/);
  });

  it("reads a Triton repository: version, rows of a run, labels", async () => {
    const config = 'backend: "onnxruntime"\nmax_batch_size: 4\noutput { name: "y" label_filename: "l.txt" }\n'.replace(
      " label",
      "\n  label",
    );
    const { metadata, notes } = await importFolder({
      "flowers/1/model.onnx": { fixture: "shares" },
      "flowers/1700000000/model.onnx": { fixture: "shares" },
      "flowers/config.pbtxt": config,
      "flowers/l.txt": "left\nright\n",
    });
    expect(metadata.version).to.equal("1700000000");
    expect(metadata.signature).to.deep.include({ maxBatchSize: 4, labels: ["left", "right"] });
    expect(notes).to.deep.equal([
      `version 1 of the folder was left out: import ${registry.root}/given/flowers/1 for it`,
    ]);
  });

  it("reads the folders of MLflow, MLServer and Hugging Face's exporters", async () => {
    const graph = { fixture: "shares" };
    const flow =
      "artifact_path: m\nflavors:\n  onnx:\n    data: net.onnx\n    onnx_version: 1.18.0\n  python_function:\n    a: b\n";
    expect((await importFolder({ MLmodel: flow, "net.onnx": graph })).metadata.version).to.equal("1");
    await registry.remove();
    const settings = '{"name": "m", "parameters": {"uri": "./net.onnx"}}';
    await importFolder({ "model-settings.json": settings, "net.onnx": graph, "other.onnx": { fixture: "pair" } });
    await registry.remove();
    const labels = '{"id2label": {"1": "POSITIVE", "0": "NEGATIVE"}}';
    const { metadata } = await importFolder({ "config.json": labels, "onnx/model.onnx": graph });
    expect(metadata.signature.labels).to.deep.equal(["NEGATIVE", "POSITIVE"]);
    await writeFile(path.join(registry.root, "given", "config.json"), '{"id2label": {"0": "a", "1": "b", "2": "c"}}');
    const more = await importFolder({});
    expect(more.metadata.signature).not.to.have.property("labels");
    expect(more.notes[0]).to.equal("the 3 labels beside the graph were left out: no output has so many columns");
  });

  it("says what a folder is that it cannot import, and what would work", async () => {
    const graph = { fixture: "shares" };
    const cases: readonly (readonly [Parameters<typeof folderOf>[0], RegExp])[] = [
      [
        { "a.onnx": graph, "b.onnx": graph },
        /given has several graphs \(a\.onnx, b\.onnx\): import one of them by its path/,
      ],
      [
        { "a/1/model.onnx": graph, "b/1/model.onnx": graph },
        /is a repository of several models: import one of them, .*\/b$/,
      ],
      [
        { MLmodel: "flavors:\n  sklearn:\n    pickled_model: m.pkl\n" },
        /of the flavors sklearn, not onnx: log it with/,
      ],
      [
        { "1/model.plan": "x", "config.pbtxt": 'platform: "tensorrt_plan"' },
        /is a Triton model of tensorrt_plan, not of/,
      ],
      [{ "1/model.pt": "PK\x03\x04..data.pkl" }, /given\/1 has no ONNX graph: model\.pt is a PyTorch checkpoint/],
      [
        { "model.joblib": "\x80\x04", "notes.txt": "?" },
        /has no ONNX graph: model\.joblib is a Python pickle.*skl2onnx/,
      ],
      [{ "notes.txt": "?" }, /has no ONNX graph: it has notes\.txt; put model\.onnx there/],
      [
        { "model.onnx": { fixture: "external" } },
        /takes weights from weights\.bin, which is not beside it: .*copy both$/,
      ],
      [{ "model.onnx": "\x08\x09" }, /model\.onnx cannot be served: .*the artifact is not an ONNX graph/],
      [{ "model.onnx": "hello world" }, /model\.onnx is not an ONNX graph, nor another format/],
      [{ "model.onnx": { fixture: "shapeless" } }, /cannot be served: the graph does not say how many dimensions/],
    ];
    for (const [files, expected] of cases) {
      expect(await messageOf(importFolder(files))).to.match(expected);
      await registry.remove();
    }
  });

  it("reports mistakes on the command line in one line", async () => {
    for (const [args, expected] of [
      [[], /^name the file or folder to import; see --help$/],
      [["x.onnx"], /^--name is missing/],
      [["x.onnx", "--name", "m"], /^--models is missing/],
      [["x.onnx", "--name", "a b", "--models", models], /^--name a b: must be letters, digits/],
      [["x.onnx", "--name", "m", "--models", models, "--version", "v1"], /^--version v1: must be a positive integer/],
      [["/nowhere/x.onnx", "--name", "m", "--models", models], /^cannot read \/nowhere\/x\.onnx: it is not there/],
      [["x.onnx", "--nmae", "m"], /--nmae.*see --help$/],
    ] as const) {
      const importing = start("import.ts", ...args);
      expect(await importing.exited).to.equal(1);
      expect(importing.stderr).to.have.lengthOf(1);
      expect(importing.stderr[0]).to.match(expected);
    }
  });
});
