import { expect } from "chai";
import { onnxOpener } from "../../../../apps/inference/model/onnx.ts";
import { rejectionOf } from "../../../../apps/inference/model/rejection.ts";
import type { Signature } from "../../../../apps/registry/metadata.ts";
import { type Child, endChild, startChild } from "../support/child.ts";
import { WARM_UP_RUNS } from "../support/fake-model.ts";
import { emptyRegistry, metadataOf, publish, writeIndex, writeVersion } from "../support/registry.ts";
import { startRepository, startTestServer, type TestServer, until } from "../support/server.ts";
import { infer } from "../support/tensors.ts";

const ids = (...data: number[]) => ({
  inputs: [{ name: "ids", datatype: "INT64", shape: [1, data.length], data }],
});
const row = (name: string, data: number[]) => ({ name, datatype: "FP32", shape: [1, data.length], data });
const OUT_OF_TABLE =
  "the model rejects these values (operator Gather): indices element out of data bounds, idx=99 must be within the " +
  "inclusive range [-10,9]";

describe("values that a graph rejects", () => {
  let server: TestServer;
  afterEach(() => server.stop());

  const start = (env: Record<string, string> = {}) => startRepository(["lookup", "sum-of-rows", "hundreds"], env);
  const counted = async (model: string, status: string) => {
    const { body } = await server.get("/metrics");
    return new RegExp(`^model_requests_total\\{model="${model}",version="1",status="${status}"\\} (\\d+)`, "m").exec(
      body,
    )?.[1];
  };

  for (const [where, env] of [
    ["in the event loop", {}],
    ["on a thread", { THREAD_AFTER_MS: "0" }],
  ] as const) {
    it(`are reported as the caller's error, with the model's reason, ${where}`, async () => {
      server = await start(env);
      const unknown = await infer(server.url, "lookup", ids(1, 99));
      expect(unknown.status).to.equal(422);
      expect(unknown.body).to.deep.equal({ error: OUT_OF_TABLE });
      const unequal = await infer(server.url, "sum-of-rows", { inputs: [row("a", [1, 2]), row("b", [1, 2, 3])] });
      expect(unequal.status).to.equal(422);
      expect(unequal.body.error).to.equal(
        "the model rejects these values (operator Add): Attempting to broadcast an axis by a dimension other than 1. 2 by 3",
      );
      expect((await infer(server.url, "lookup", ids(3))).body.outputs[0].data).to.deep.equal([3, 30]);
      expect(await counted("lookup", "invalid")).to.equal("1");
      expect(await counted("lookup", "error")).to.equal("0");
    });
  }

  it("do not fail other requests of their batch", async () => {
    const { promise: gate, resolve: release } = Promise.withResolvers<void>();
    const rows: number[] = [];
    server = await startTestServer({
      model: "lookup",
      open: async (metadata, artifact) => {
        const model = await onnxOpener(1)(metadata, artifact);
        const run = model.run.bind(model);
        let warmUps = 0;
        model.run = async (inputs) => {
          if (warmUps < WARM_UP_RUNS) {
            warmUps += 1;
          } else {
            rows.push(inputs.get("ids")?.shape[0] ?? 0);
            await gate;
          }
          return run(inputs);
        };
        return model;
      },
    });
    const first = infer(server.url, "lookup", ids(0));
    await until(() => rows.length === 1);
    const asked = [1, 99, 2, -11, 3, 4];
    const waiting = asked.map((id) => infer(server.url, "lookup", ids(id)));
    await until(async () => /model_queue_depth\{[^}]*\} 6/.test((await server.get("/metrics")).body));
    release();
    await first;
    const answers = await Promise.all(waiting);
    expect(answers.map(({ status }) => status)).to.deep.equal([200, 422, 200, 422, 200, 200]);
    for (const [index, { status, body }] of answers.entries()) {
      if (status === 200) {
        expect(body.outputs[0].data).to.deep.equal([asked[index], 10 * Number(asked[index])]);
      } else {
        expect(body.error).to.include(`idx=${asked[index]} `);
      }
    }
    expect(rows.slice(0, 2)).to.deep.equal([1, 6]);
  });

  it("give errors in the format of /predict at that path", async () => {
    const signature: Signature = {
      kind: "instances",
      inputs: [{ name: "ids", datatype: "INT64", shape: [-1, 2] }],
      outputs: [{ name: "rows", datatype: "FP32", shape: [-1, 2, 2] }],
    };
    server = await startTestServer({ model: "lookup", published: [], wait: false });
    await writeVersion(server.root, "lookup", "1", { ...(await metadataOf("lookup", "1")), signature });
    await writeIndex(server.root, ["lookup", "1"]);
    await server.running.loaded;
    const right = await server.post("/predict", { instances: [[1, 2]] });
    expect(right.body.predictions).to.deep.equal([
      [
        [1, 10],
        [2, 20],
      ],
    ]);
    const { status, body } = await server.post("/predict", { instances: [[1, 99]] });
    expect(status).to.equal(422);
    expect(body.error).to.include({ code: "invalid_input", message: OUT_OF_TABLE, path: "" });
    expect((await server.post("/v1/models/lookup:predict", { instances: [[1, 99]] })).status).to.equal(422);
  });

  it("are reported as the model's error until it has answered a request", async () => {
    server = await start();
    const id = (value: number) => ({ inputs: [{ name: "id", datatype: "INT64", shape: [1], data: [value] }] });
    const early = await infer(server.url, "hundreds", id(7));
    expect(early.status).to.equal(500);
    expect(early.body.error).to.equal("the model could not answer this request");
    expect(server.log.join("")).to.include("idx=-93");
    expect((await infer(server.url, "hundreds", id(107))).body.outputs[0].data).to.deep.equal([7]);
    expect((await infer(server.url, "hundreds", id(7))).status).to.equal(422);
    expect(await counted("hundreds", "error")).to.equal("1");
  });
});

describe("a process whose model rejects values", () => {
  let child: Child;
  afterEach(() => endChild(child));

  it("logs them as JSON only, and not as errors", async () => {
    const { root, remove } = await emptyRegistry();
    try {
      await publish(root, ["lookup", "1"]);
      child = startChild("main.ts", {
        ...{ MODEL_DIR: root, MODEL_NAME: "lookup", MODEL_VERSION: "1", HOST: "127.0.0.1" },
        ...{ PORT: "0", METRICS_PORT: "0", DRAIN_SECONDS: "0" },
      });
      const { port } = JSON.parse(await child.line(/"listening"/));
      await child.line(/"model loaded"/);
      expect((await infer(`http://127.0.0.1:${port}`, "lookup", ids(99))).status).to.equal(422);
      child.process.kill("SIGTERM");
      expect(await child.exited).to.equal(0);
      expect(child.stderr).to.deep.equal([]);
      expect(child.stdout.map((line) => JSON.parse(line).level)).not.to.include("error");
    } finally {
      await remove();
    }
  });
});

describe("the reason that a graph node did not run", () => {
  const node = (operator: string, status: string) =>
    `Non-zero status code returned while running ${operator} node. Name:'/secret/layer.3' Status Message: ${status}`;
  const source = "/onnxruntime_src/onnxruntime/core/providers/cpu";

  const messages: readonly (readonly [string, string, string | undefined])[] = [
    ["a plain reason", node("TopK", "k is too large"), "(operator TopK): k is too large"],
    [
      "the file and function before it",
      node("MatMul", "matmul_helper.h:59 Compute MatMul dimension mismatch"),
      "(operator MatMul): MatMul dimension mismatch",
    ],
    [
      "a signature and a condition before it",
      node("Squeeze", `${source}/squeeze.h:53 static A onnx::B::C(const D&, E) x[i] == 1 was false. It must be 1\n`),
      "(operator Squeeze): It must be 1",
    ],
    [
      "another error inside it",
      node(
        "Pad",
        `${source}/k.cc:83 virtual A* B::C(int, const D&) [ONNXRuntimeError] : 1 : FAIL : t.cc:5 F No size\n`,
      ),
      "(operator Pad): No size",
    ],
    ["another node inside it", node("Loop", node("Gather", "no such row")), "(operator Gather): no such row"],
    ["no sentence", node("Cast", "stod"), "(operator Cast)"],
    ["source that is not known", node("Scan", "at /usr/lib/libonnx.so in ns::f"), "(operator Scan)"],
    ["a want of memory", node("Tile", `${source}/a.cc:3 void* A(B) Failed to allocate memory for 9 bytes`), undefined],
    ["an operator that is not there", node("Conv", "[ONNXRuntimeError] : 9 : NOT_IMPLEMENTED : Conv"), undefined],
    ["nothing of a node", "the model's thread ended", undefined],
  ];
  for (const [what, message, said] of messages) {
    it(`with ${what}`, () => {
      expect(rejectionOf(new Error(message))).to.equal(said && `the model rejects these values ${said}`);
    });
  }
});
