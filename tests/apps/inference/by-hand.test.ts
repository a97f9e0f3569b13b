import { createHash } from "node:crypto";
import { mkdir, readFile, rename, rm, symlink, truncate, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "chai";
import { unserved } from "../../../apps/inference/unserved.ts";
import { METADATA_FILE, MODEL_FILE, versionDirectory } from "../../../apps/registry/layout.ts";
import { layOut, metadataOf, type Written } from "./support/registry.ts";
import { startTestServer, type TestServer, until } from "./support/server.ts";
import { infer } from "./support/tensors.ts";

describe("a registry that was laid out by hand", () => {
  let server: TestServer | undefined;
  afterEach(() => server?.stop());

  const start = (env: Record<string, string> = {}) =>
    startTestServer({
      model: "pair",
      published: [],
      wait: false,
      env: { MODEL_NAME: "*", MODEL_VERSION: "latest", MODEL_CONTROL: "poll", MODEL_POLL_SECONDS: "0.02", ...env },
    });

  it("is served without an index, and with no more of metadata than what a graph needs", async () => {
    server = await start();
    await layOut(server.root, "pair");
    await layOut(server.root, "image");
    await server.running.loaded;
    await until(async () => (await server?.get("/v2/models"))?.body.models.length === 2);
    const row = { datatype: "FP32", shape: [1, 2], data: [2, 3] };
    const answer = await infer(server.url, "pair", {
      inputs: [
        { ...row, name: "a" },
        { ...row, name: "b" },
      ],
    });
    expect(answer.body.outputs.map(({ data }: { data: number[] }) => data)).to.deep.equal([
      [4, 6],
      [4, 9],
    ]);
    const listed = ["image", "pair"].map((name) => ({ name, versions: ["1"], latest: "1" }));
    expect((await server.get("/models")).body).to.deep.equal({ models: listed });
    const { body } = await server.get("/v2/models/pair");
    expect(body.properties).to.include({ commit: "unknown", trainedDate: "unknown" });
  });

  for (const [where, env] of [
    ["in the event loop", {}],
    ["on a thread", { THREAD_AFTER_MS: "0" }],
  ] as const) {
    it(`is served by the graph's own tensors where its metadata list none, ${where}`, async () => {
      server = await start(env);
      const models = ["bfloat16", "image", "lengths", "location", "maps", "pair", "slow", "types"] as const;
      for (const model of models) {
        await layOut(server.root, model, ({ signature: _, ...rest }) => rest);
      }
      await server.running.loaded;
      await until(async () => (await server?.get("/v2/models"))?.body.models.length === models.length);
      for (const model of models) {
        const { signature } = await metadataOf(model, "1");
        const { body } = await server.get(`/v2/models/${model}`);
        expect({ inputs: body.inputs, outputs: body.outputs }, model).to.deep.equal({
          inputs: signature.inputs,
          outputs: signature.outputs,
        });
      }
      const data = [1, 2, 3];
      const request = { inputs: [{ name: "x", datatype: "FP32", shape: [1, 3], data }] };
      expect((await infer(server.url, "lengths", request)).body.outputs[0].data).to.deep.equal([6]);
      const paths = (await server.get("/openapi.json")).body.paths;
      const { example } = paths["/v2/models/pair/infer"].post.requestBody.content["application/json"];
      expect((await server.post("/v2/models/pair/infer", example)).status).to.equal(200);
    });
  }

  it("is answered in the words of its kind, with no more of a signature than those", async () => {
    server = await start();
    await layOut(server.root, "iris", (written) => {
      const { kind, features, labels } = written.signature;
      return { ...written, signature: { kind, features, labels } };
    });
    await server.running.loaded;
    const flower = { sepal_length: 5.1, sepal_width: 3.5, petal_length: 1.4, petal_width: 0.2 };
    expect((await server.post("/predict", flower)).body).to.deep.equal({ species_index: 0, species_name: "setosa" });
  });

  it("is answered by the label of its own number for a class", async () => {
    server = await start();
    await layOut(server.root, "one-or-two");
    await server.running.loaded;
    const { body } = await server.post("/predict", [{ x: -3 }, { x: 3 }]);
    expect(body).to.deep.equal([
      { species_index: 0, species_name: "below" },
      { species_index: 1, species_name: "above" },
    ]);
  });

  it("is served though it has no number for a row of zeros", async () => {
    server = await start();
    await layOut(server.root, "ratio");
    await server.running.loaded;
    expect((await server.post("/predict", { features: [6, 2] })).body).to.deep.equal({ prediction: 3 });
    const { status, body } = await server.post("/predict", { features: [0, 0] });
    expect([status, body.error.code]).to.deep.equal([422, "not_finite"]);
  });

  it("is served by its kind though it refuses a row of zeros", async () => {
    server = await start();
    await layOut(server.root, "lookup", (written) => ({
      ...written,
      signature: { kind: "instances", inputs: [{ name: "ids", datatype: "INT64", shape: [-1, 2] }] },
    }));
    await server.running.loaded;
    expect((await server.post("/predict", { instances: [[1, 2]] })).status).to.equal(200);
  });

  it("says which inputs have to be listed where the graph has no word on their dimensions", async () => {
    server = await start();
    const directory = await layOut(server.root, "shapeless", ({ signature: _, ...rest }) => rest);
    await saysOf(
      directory,
      /the graph does not say how many dimensions input "x" has: list the inputs in the signature/,
    );
    await layOut(server.root, "shapeless", (written) => ({
      ...written,
      signature: { kind: "tensors", inputs: [{ name: "x", datatype: "FP32", shape: [-1, 3] }] },
    }));
    await server.running.loaded;
    const request = { inputs: [{ name: "x", datatype: "FP32", shape: [2, 3], data: [1, 2, 3, 4, 5, 6] }] };
    expect((await infer(server.url, "shapeless", request)).body.outputs[0]).to.deep.include({ shape: [2, 3] });
  });

  it("says so where none of its outputs can be served", async () => {
    server = await start();
    const directory = await layOut(server.root, "only-maps", ({ signature: _, ...rest }) => rest);
    await saysOf(
      directory,
      /none of the outputs \("maps"\) is a tensor of a type that can be served: export .*zipmap=False/,
    );
  });

  it("may have been written on Windows", async () => {
    server = await start();
    const aside = path.join(server.root, ".aside");
    // As PowerShell's Get-FileHash prints it.
    const inCapitals = ({ artefact, ...rest }: Written) => ({
      ...rest,
      artefact: { ...artefact, sha256: artefact.sha256.toUpperCase() },
    });
    const file = path.join(await layOut(aside, "pair", inCapitals), METADATA_FILE);
    await writeFile(file, `\ufeff${await readFile(file, "utf8")}`);
    await rename(path.join(aside, "pair"), path.join(server.root, "pair"));
    await server.running.loaded;
    expect((await server.get("/v2/models/pair/ready")).status).to.equal(200);
  });

  const broken: readonly (readonly [string, (written: Written) => object, string | RegExp])[] = [
    [
      "another kind",
      (written) => ({ ...written, signature: { ...written.signature, kind: "images" } }),
      /metadata\.json: signature\.kind: Invalid option: expected one of .*"tensors"$/,
    ],
    [
      "no SHA-256",
      ({ artefact: { sha256: _, ...artefact }, ...rest }) => ({ ...rest, artefact }),
      `${METADATA_FILE}: artefact.sha256: is missing (it is of the type string)`,
    ],
    [
      "a SHA-256 that is none",
      (written) => ({ ...written, artefact: { ...written.artefact, sha256: "abc" } }),
      `${METADATA_FILE}: artefact.sha256: must be 64 hexadecimal digits`,
    ],
    ["a date that is none", (written) => ({ ...written, created: "yesterday" }), /metadata\.json: created: must be an/],
    ["another name", (written) => ({ ...written, name: "iris" }), /metadata\.json describes iris version 1, not pair/],
    [
      "a file elsewhere",
      (written) => ({ ...written, artefact: { ...written.artefact, file: "../1/model.onnx" } }),
      /: the artefact "\.\.\/1\/model\.onnx" is not the plain name of a file in it$/,
    ],
    [
      "another SHA-256",
      (written) => ({ ...written, artefact: { ...written.artefact, sha256: "0".repeat(64) } }),
      /model\.onnx is corrupt: its SHA-256 is [0-9a-f]{64}, its metadata says 0{64}: copy it here again, or correct/,
    ],
    [
      "another length",
      (written) => ({ ...written, artefact: { ...written.artefact, bytes: 1 } }),
      /model\.onnx has \d+ bytes where its metadata says 1: copy it here again, or correct/,
    ],
    [
      "a type that the graph does not have",
      (written) => ({
        ...written,
        signature: {
          ...written.signature,
          inputs: written.signature.inputs.map((input) => ({ ...input, datatype: "FP64" })),
        },
      }),
      ': input "a" is FP32 in the graph, not FP64 as the signature says',
    ],
    [
      "an input that the graph does not have",
      (written) => ({
        ...written,
        signature: { ...written.signature, inputs: [{ name: "q", datatype: "FP32", shape: [-1, 2] }] },
      }),
      ': the graph has no input "q"; it has a, b',
    ],
  ];
  for (const [what, change, reason] of broken) {
    it(`says where and what is wrong with ${what}`, async () => {
      server = await start();
      const directory = await layOut(server.root, "pair", change);
      await saysOf(directory, reason);
    });
  }

  const spoilt: readonly (readonly [string, (directory: string) => Promise<unknown>, string | RegExp])[] = [
    ["no metadata", (directory) => rm(path.join(directory, METADATA_FILE)), /metadata\.json is missing: there is no/],
    [
      "half of metadata",
      (directory) => truncate(path.join(directory, METADATA_FILE), 9),
      /metadata\.json is not JSON: /,
    ],
    ["no graph", (directory) => rm(path.join(directory, MODEL_FILE)), /cannot read .*model\.onnx: it is not there/],
    [
      "a directory for a graph",
      async (directory) => {
        await rm(path.join(directory, MODEL_FILE));
        await mkdir(path.join(directory, MODEL_FILE));
      },
      /cannot read .*model\.onnx: it is a directory, not a file$/,
    ],
  ];
  for (const [what, spoil, reason] of spoilt) {
    it(`says where and what is wrong with ${what}`, async () => {
      server = await start();
      // Under a name that the server does not look at, so that it never sees it whole.
      const aside = path.join(server.root, ".aside");
      await spoil(await layOut(aside, "pair"));
      await rename(path.join(aside, "pair"), path.join(server.root, "pair"));
      await saysOf(versionDirectory(server.root, "pair", "1"), reason);
    });
  }

  it("is served through links to folders, as Kubernetes mounts have them, and without those that lead nowhere", async () => {
    server = await start();
    const aside = path.join(server.root, ".aside");
    await layOut(aside, "pair");
    await layOut(aside, "image");
    await symlink(path.join(aside, "image"), path.join(server.root, "image"));
    await symlink(path.join(aside, "gone"), path.join(server.root, "gone"));
    await symlink("in-a-circle", path.join(server.root, "in-a-circle"));
    await mkdir(path.join(server.root, "pair"));
    await symlink(path.join(aside, "pair", "2"), path.join(server.root, "pair", "2"));
    await symlink(path.join(aside, "pair", "1"), path.join(server.root, "pair", "1"));
    await until(async () => (await server?.get("/v2/models"))?.body.models.length === 2);
    const listed = ["image", "pair"].map((name) => ({ name, versions: ["1"], latest: "1" }));
    expect((await server.get("/models")).body.models).to.deep.equal(listed);
    expect(await unserved(server.root, listed)).to.deep.equal([]);
  });

  for (const policy of ["latest", "all"]) {
    it(`is served at the version it has while the next is an empty folder, with MODEL_VERSION ${policy}`, async () => {
      server = await start({ MODEL_NAME: "pair", MODEL_VERSION: policy });
      const aside = path.join(server.root, ".aside");
      await layOut(aside, "pair");
      await mkdir(versionDirectory(aside, "pair", "2"));
      await rename(path.join(aside, "pair"), path.join(server.root, "pair"));
      await until(async () => (await server?.get("/ready"))?.status === 200);
      expect((await server.get("/v2/models/pair")).body.versions).to.deep.equal(["1"]);
      expect((await server.get("/models")).body.models).to.deep.equal([{ name: "pair", versions: ["1"], latest: "1" }]);
    });
  }

  it("says where and what is wrong with a file that is no graph", async () => {
    server = await start();
    const text = "this is no graph\n";
    const sha256 = createHash("sha256").update(text).digest("hex");
    await writeFile(path.join(server.root, "no-graph"), text);
    const directory = await layOut(server.root, "pair", (written) => ({
      ...written,
      artefact: { file: "no-graph.onnx", bytes: text.length, sha256 },
    }));
    await rename(path.join(server.root, "no-graph"), path.join(directory, "no-graph.onnx"));
    await saysOf(directory, /pair\/1: the artefact is no ONNX graph that ONNX Runtime can run: .*protobuf/);
  });

  it("says what to do with weights in a file of their own", async () => {
    server = await start();
    const directory = await layOut(server.root, "external");
    await saysOf(directory, /external\/1: the graph's weights are in files of their own .*: save it as one file/);
  });

  it("is served without the outputs that are no tensors, and told to leave them out", async () => {
    server = await start();
    const directory = await layOut(server.root, "maps", (written) => ({
      ...written,
      signature: { ...written.signature, outputs: [{ name: "maps", datatype: "FP32", shape: [-1, 2] }] },
    }));
    await saysOf(
      directory,
      /maps\/1: output "maps" is no tensor but a sequence or map, .*leave it out of the signature/,
    );
    await layOut(server.root, "maps");
    await server.running.loaded;
    const { body } = await infer(server.url, "maps", {
      inputs: [{ name: "x", datatype: "FP32", shape: [1, 2], data: [0.25, 0.75] }],
    });
    expect(body.outputs).to.deep.equal([{ name: "y", datatype: "FP32", shape: [1, 2], data: [0.25, 0.75] }]);
  });

  it("says so where the first dimension is not the batch, and serves it once the signature says so too", async () => {
    server = await start();
    const directory = await layOut(server.root, "twice");
    await saysOf(
      directory,
      /twice\/1: output "y" has the shape \[2,2\] for one row: .*set maxBatchSize to 0 in the signature$/,
    );
    await layOut(server.root, "twice", (written) => ({
      ...written,
      signature: { ...written.signature, maxBatchSize: 0 },
    }));
    await server.running.loaded;
    const { body } = await infer(server.url, "twice", {
      inputs: [{ name: "x", datatype: "FP32", shape: [1, 2], data: [1, 2] }],
    });
    expect(body.outputs[0]).to.include({ name: "y" }).and.to.have.deep.property("data", [1, 2, 1, 2]);
  });

  async function saysOf(directory: string, reason: string | RegExp): Promise<void> {
    const matches = (text: string) => (typeof reason === "string" ? text.endsWith(reason) : reason.test(text));
    const reasons = () => (server?.log ?? []).flatMap((line): string[] => JSON.parse(line).reason ?? []);
    // While it is being laid out, other things are wrong with it.
    const said = await until(() => reasons().find((text) => text.includes(directory) && matches(text)));
    expect(said).to.match(/^[^\n]*$/);
    expect((await server?.get("/ready"))?.status).to.equal(503);
  }
});
