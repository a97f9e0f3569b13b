import path from "node:path";
import { expect } from "chai";
import { python, runScript } from "../../support/python.ts";
import { DATATYPES } from "../inference/support/models.ts";
import { startRepository, type TestServer } from "../inference/support/server.ts";

const script = (name: string) => path.join(import.meta.dirname, name);

describe("widely used clients", () => {
  let server: TestServer;
  before(async () => {
    server = await startRepository(["iris", "words", "pair", "types", "half-plus-two"]);
  });
  after(() => server.stop());

  it("tritonclient: health, metadata, and inference with binary and JSON tensors of every type", async function () {
    const interpreter = await python(this, "inference-clients");
    const heard = await runScript(interpreter, script("triton_calls.py"), server.url.replace("http://", ""));
    const iris = { id: "from-triton", label: [0, 2], probabilities: [1, 1] };
    expect(heard).to.deep.include({
      live: true,
      ready: true,
      model_ready: true,
      version_ready: true,
      absent_ready: false,
      server_name: "ml-platform-inference",
      index: ["half-plus-two", "iris", "pair", "types", "words"],
      binary: iris,
      json: iris,
      by_default: ["label", "probabilities"],
      texts_binary: [1, 0],
      texts_json: [1, 0],
      pair: [[[4, 6]], [[3, 8]]],
      types: Object.fromEntries(DATATYPES.map((datatype) => [`${datatype.toLowerCase()}_out`, datatype])),
      halves: [[0.5, 1.5]],
      strings: ["one", ""],
    });
    expect(heard).to.have.nested.property("metadata.inputs[0].name", "x");
    expect(heard)
      .to.have.nested.property("error.message")
      .that.matches(/shape|4/);
    expect(heard)
      .to.have.nested.property("error.status")
      .that.matches(/^4\d\d$/);
  });

  it("tritonclient: unloading and loading a model", async function () {
    const interpreter = await python(this, "inference-clients");
    const explicit = await startRepository(["iris", "words"], { MODEL_CONTROL: "explicit" });
    try {
      const address = explicit.url.replace("http://", "");
      const both = { iris: "READY", words: "READY" };
      expect(await runScript(interpreter, script("triton_repository.py"), address)).to.deep.equal({
        before: both,
        unloaded: { ...both, iris: "UNAVAILABLE" },
        unloaded_ready: false,
        loaded: both,
        loaded_ready: true,
        unloaded_with_dependents: { ...both, iris: "UNAVAILABLE" },
        absent: ["400", "absent is not in the registry: publish a version of it first"],
      });
    } finally {
      await explicit.stop();
    }
  });

  it("kserve: health and inference over both of its protocols", async function () {
    const interpreter = await python(this, "inference-clients");
    const iris = { id: "from-kserve", model: "iris", label: [0, 2] };
    expect(await runScript(interpreter, script("kserve_calls.py"), server.url)).to.deep.equal({
      live: true,
      ready: true,
      model_ready: true,
      absent_ready: false,
      binary: iris,
      json: iris,
      v1_ready: true,
      v1: { predictions: [2.5, 3, 4.5] },
    });
  });

  describe("over gRPC", () => {
    let grpc: TestServer;
    before(async () => {
      grpc = await startRepository(["iris", "words", "types"], { GRPC_PORT: "0", API_KEY: "secret" });
    });
    after(() => grpc.stop());
    const address = () => `127.0.0.1:${grpc.running.grpcPort}`;

    it("tritonclient: health, metadata, configuration, statistics, inference with every type, errors", async function () {
      const interpreter = await python(this, "inference-clients");
      const heard = await runScript(interpreter, script("triton_grpc_calls.py"), address(), "secret");
      const iris = { id: "from-triton", label: [0, 2], probabilities: [1, 1] };
      expect(heard).to.deep.include({
        live: true,
        ready: true,
        model_ready: true,
        version_ready: true,
        absent_ready: false,
        server_name: "ml-platform-inference",
        config: {
          name: "iris",
          backend: "onnxruntime",
          max_batch_size: 1024,
          // Numbers of TYPE_FP32, TYPE_INT64 and KIND_CPU in Triton's own definitions.
          input: [["x", 11, [4]]],
          output: [
            ["label", 9, []],
            ["probabilities", 11, [3]],
          ],
          kind: 2,
          versions: [1],
          batching: "dynamic_batching",
        },
        "infer None": iris,
        "infer gzip": iris,
        "infer deflate": iris,
        classes: [
          ["0", "setosa"],
          ["2", "virginica"],
        ],
        texts: [1, 0],
        types: Object.fromEntries(DATATYPES.map((datatype) => [`${datatype.toLowerCase()}_out`, datatype])),
        halves: [[0.5, 1.5]],
        strings: ["one", ""],
        statistics: [["iris", "1", 4]],
        errors: {
          shape: ["StatusCode.INVALID_ARGUMENT", "inputs[0].shape must be [-1,4]"],
          absent: ["StatusCode.NOT_FOUND", "model absent is not served here"],
          key: ["StatusCode.UNAUTHENTICATED", "the header X-API-Key is missing"],
          metadata: ["StatusCode.NOT_FOUND", "model absent is not served here"],
          deadline: true,
        },
      });
      expect(heard).to.have.nested.property("metadata.inputs[0].name", "x");
    });

    it("kserve: health, inference with raw tensors and with contents, an error", async function () {
      const interpreter = await python(this, "inference-clients");
      const iris = { id: "from-kserve", model: "iris", label: [0, 2] };
      expect(await runScript(interpreter, script("kserve_grpc_calls.py"), address(), "secret")).to.deep.equal({
        live: true,
        ready: true,
        model_ready: true,
        raw: iris,
        contents: iris,
        error: ["NOT_FOUND", "model absent is not served here"],
      });
    });
  });
});
