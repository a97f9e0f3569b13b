import { createHash } from "node:crypto";
import { mkdir, readFile, rename, rm, symlink, truncate, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "chai";
import { unserved } from "../../../../apps/inference/repository/unserved.ts";
import { METADATA_FILE, MODEL_FILE, versionDirectory } from "../../../../apps/registry/layout.ts";
import { saysOf, startEmpty } from "../support/by-hand.ts";
import { layOut, metadataOf, type Written, writeIndex } from "../support/registry.ts";
import { type TestServer, until } from "../support/server.ts";
import { infer } from "../support/tensors.ts";

describe("a registry that was written by hand", () => {
  let server: TestServer | undefined;
  afterEach(() => server?.stop());

  it("is served without an index, with minimal metadata", async () => {
    server = await startEmpty();
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
    it(`is served with the graph's own inputs and outputs if its metadata lists none, ${where}`, async () => {
      server = await startEmpty(env);
      const models = ["bfloat16", "image", "lengths", "location", "pair", "slow", "types"] as const;
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

  it("is served at /predict with a minimal signature", async () => {
    server = await startEmpty();
    await layOut(server.root, "iris", (written) => {
      const { kind, features, labels } = written.signature;
      return { ...written, signature: { kind, features, labels } };
    });
    await server.running.loaded;
    const flower = { sepal_length: 5.1, sepal_width: 3.5, petal_length: 1.4, petal_width: 0.2 };
    expect((await server.post("/predict", flower)).body).to.deep.equal({ species_index: 0, species_name: "setosa" });
  });

  it("is served if it has nothing but graphs, in versions of any length under names with capitals and dots", async () => {
    server = await startEmpty({ MODEL_VERSION: "all" });
    const names = ["pair", "ResNet-50.v2"];
    for (const [name, version] of [
      [names[0], "1"],
      [names[0], "1767322800"],
      [names[1], "20260102030405"],
    ] as const) {
      const aside = path.join(server.root, ".aside");
      const directory = await layOut(aside, "pair");
      await rm(path.join(directory, METADATA_FILE));
      await mkdir(path.join(server.root, name ?? ""), { recursive: true });
      await rename(directory, path.join(server.root, name ?? "", version));
    }
    await until(async () => (await server?.get("/v2/models"))?.body.models.length === 2);
    await until(async () => (await server?.get("/v2/models/pair"))?.body.versions.length === 2);
    const row = { a: [1, 2], b: [3, 4] };
    for (const place of ["pair", "pair/versions/1", "ResNet-50.v2", "ResNet-50.v2/versions/20260102030405"]) {
      expect((await server.post(`/models/${place}/predict`, row)).body, place).to.deep.equal({
        sum: [4, 6],
        product: [3, 8],
      });
    }
    expect((await server.get("/v2/models/pair")).body.versions).to.deep.equal(["1", "1767322800"]);
    expect(await unserved(server.root, (await server.get("/models")).body.models)).to.deep.equal([]);
    // An index of other models does not hide them.
    await writeIndex(server.root, ["words", "1"]);
    const models = (await server.get("/models")).body.models.map(({ name }: { name: string }) => name);
    expect(models).to.have.members([...names, "words"]);
  });

  it("may have been written on Windows", async () => {
    server = await startEmpty();
    const aside = path.join(server.root, ".aside");
    // As PowerShell's Get-FileHash prints it.
    const inCapitals = ({ artifact, ...rest }: Written) => ({
      ...rest,
      artifact: { ...artifact, sha256: artifact.sha256.toUpperCase() },
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
      ({ artifact: { sha256: _, ...artifact }, ...rest }) => ({ ...rest, artifact }),
      `${METADATA_FILE}: artifact.sha256: is missing (it is of the type string)`,
    ],
    [
      "a SHA-256 that is none",
      (written) => ({ ...written, artifact: { ...written.artifact, sha256: "abc" } }),
      `${METADATA_FILE}: artifact.sha256: must be 64 hexadecimal digits`,
    ],
    ["a date that is none", (written) => ({ ...written, created: "yesterday" }), /metadata\.json: created: must be an/],
    ["another name", (written) => ({ ...written, name: "iris" }), /metadata\.json describes iris version 1, not pair/],
    [
      "a file elsewhere",
      (written) => ({ ...written, artifact: { ...written.artifact, file: "../1/model.onnx" } }),
      /: the artifact "\.\.\/1\/model\.onnx" is not the plain name of a file in it$/,
    ],
    [
      "another SHA-256",
      (written) => ({ ...written, artifact: { ...written.artifact, sha256: "0".repeat(64) } }),
      /model\.onnx is corrupt: its SHA-256 is [0-9a-f]{64}, its metadata says 0{64}: copy it here again, or correct/,
    ],
    [
      "another length",
      (written) => ({ ...written, artifact: { ...written.artifact, bytes: 1 } }),
      /model\.onnx has \d+ bytes, its metadata says 1: copy it here again, or correct/,
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
    it(`reports the file and the mistake for ${what}`, async () => {
      server = await startEmpty();
      const directory = await layOut(server.root, "pair", change);
      await saysOf(server, directory, reason);
    });
  }

  const spoilt: readonly (readonly [string, (directory: string) => Promise<unknown>, string | RegExp])[] = [
    [
      "neither metadata nor a graph",
      async (directory) => {
        await rm(path.join(directory, METADATA_FILE));
        await rm(path.join(directory, MODEL_FILE));
      },
      /metadata\.json is missing: there is no/,
    ],
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
    it(`reports the file and the mistake for ${what}`, async () => {
      server = await startEmpty();
      // Written under another name first, so that the server never sees a complete and valid version.
      const aside = path.join(server.root, ".aside");
      await spoil(await layOut(aside, "pair"));
      await rename(path.join(aside, "pair"), path.join(server.root, "pair"));
      await saysOf(server, versionDirectory(server.root, "pair", "1"), reason);
    });
  }

  it("is served through symbolic links, as in Kubernetes mounts, and without dangling ones", async () => {
    server = await startEmpty();
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
    it(`keeps serving its version while the next one is an empty folder, with MODEL_VERSION ${policy}`, async () => {
      server = await startEmpty({ MODEL_NAME: "pair", MODEL_VERSION: policy });
      const aside = path.join(server.root, ".aside");
      await layOut(aside, "pair");
      await mkdir(versionDirectory(aside, "pair", "2"));
      await rename(path.join(aside, "pair"), path.join(server.root, "pair"));
      await until(async () => (await server?.get("/ready"))?.status === 200);
      expect((await server.get("/v2/models/pair")).body.versions).to.deep.equal(["1"]);
      expect((await server.get("/models")).body.models).to.deep.equal([{ name: "pair", versions: ["1"], latest: "1" }]);
    });
  }

  it("reports a file that is not a graph", async () => {
    server = await startEmpty();
    const text = "this is no graph\n";
    const sha256 = createHash("sha256").update(text).digest("hex");
    await writeFile(path.join(server.root, "no-graph"), text);
    const directory = await layOut(server.root, "pair", (written) => ({
      ...written,
      artifact: { file: "no-graph.onnx", bytes: text.length, sha256 },
    }));
    await rename(path.join(server.root, "no-graph"), path.join(directory, "no-graph.onnx"));
    await saysOf(server, directory, /pair\/1: the artifact is not an ONNX graph that ONNX Runtime can run: .*protobuf/);
  });
});
