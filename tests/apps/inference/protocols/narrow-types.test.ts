import { readFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "chai";
import { importModel } from "../../../../apps/inference/import/import-model.ts";
import { startEmpty } from "../support/by-hand.ts";
import { type GrpcClient, grpcClient, rawFloats } from "../support/grpc.ts";
import { emptyRegistry, layOut } from "../support/registry.ts";
import type { TestServer } from "../support/server.ts";
import { infer, postBinary } from "../support/tensors.ts";

const FIXTURES = path.resolve(import.meta.dirname, "../fixtures");
/** 1.00390625 has one bit more than bfloat16 keeps, and 3.1 is 3.09375 there and 3.0 in an 8-bit float. */
const GIVEN = [1.00390625, 3.1];
const BFLOAT16 = [-1, -3.09375];
const FLOAT8 = [-1, -3];

describe("a graph with inputs and outputs in bfloat16 and smaller floats", () => {
  for (const [where, threadAfterMs] of [
    ["in the event loop", "100"],
    ["on a thread", "0"],
  ] as const) {
    describe(where, () => {
      let server: TestServer;
      let grpc: GrpcClient;
      before(async () => {
        server = await startEmpty({ THREAD_AFTER_MS: threadAfterMs, GRPC_PORT: "0" });
        await layOut(server.root, "narrow", ({ signature: _, ...rest }) => rest);
        await server.running.loaded;
        grpc = grpcClient(server.running.grpcPort);
      });
      after(async () => {
        grpc.close();
        await server.stop();
      });

      it("has them as FP32 for clients, and the log says so", async () => {
        const { body } = await server.get("/v2/models/narrow");
        expect(body.inputs).to.deep.equal([{ name: "x", datatype: "FP32", shape: [-1, 2] }]);
        expect(body.outputs).to.deep.equal(
          ["y", "eighth", "same"].map((name) => ({ name, datatype: "FP32", shape: [-1, 2] })),
        );
        expect(server.log.flatMap((line): string[] => JSON.parse(line).note ?? [])).to.deep.equal([
          'input "x" is bfloat16 in the graph; for clients it is float32',
          'output "y" is bfloat16 in the graph; for clients it is float32',
          'output "eighth" is float8e4m3fn in the graph; for clients it is float32',
          'output "same" is bfloat16 in the graph; for clients it is float32',
        ]);
      });

      it("computes in its own types, by every protocol", async () => {
        const input = { name: "x", datatype: "FP32", shape: [1, 2] };
        const { body } = await infer(server.url, "narrow", { inputs: [{ ...input, data: GIVEN }] });
        expect(body.outputs.map(({ data }: { data: number[] }) => data)).to.deep.equal([BFLOAT16, FLOAT8, BFLOAT16]);
        expect((await server.post("/predict", { x: GIVEN })).body).to.deep.equal({
          y: BFLOAT16,
          eighth: FLOAT8,
          same: BFLOAT16,
        });
        const rows = { instances: [GIVEN, GIVEN] };
        expect((await server.post("/v1/models/narrow:predict", rows)).body.predictions).to.have.lengthOf(2);
        const binary = await postBinary(
          `${server.url}/v2/models/narrow/infer`,
          {
            inputs: [{ ...input, parameters: { binary_data_size: 8 } }],
            outputs: [{ name: "y", parameters: { binary_data: true } }],
          },
          rawFloats(...GIVEN),
        );
        expect([0, 4].map((offset) => binary.raw.readFloatLE(offset))).to.deep.equal(BFLOAT16);
        const request = { model_name: "narrow", inputs: [input], raw_input_contents: [rawFloats(...GIVEN)] };
        const { response, error } = await grpc.call("ModelInfer", request);
        expect(error).to.equal(undefined);
        expect(
          response.raw_output_contents.map((bytes: Buffer) => [0, 4].map((at) => bytes.readFloatLE(at))),
        ).to.deep.equal([BFLOAT16, FLOAT8, BFLOAT16]);
      });

      it("says which type it takes instead of BF16", async () => {
        const { status, body } = await infer(server.url, "narrow", {
          inputs: [{ name: "x", datatype: "BF16", shape: [1, 2], data: GIVEN }],
        });
        expect({ status, body }).to.deep.equal({ status: 422, body: { error: "inputs[0].datatype must be FP32" } });
      });
    });
  }

  const imported = async (fixture: string) => {
    const registry = await emptyRegistry();
    try {
      const given = path.join(FIXTURES, `${fixture}.onnx`);
      expect((await readFile(given)).length).to.be.above(0);
      return await importModel({ given, models: registry.root, name: "m" });
    } finally {
      await registry.remove();
    }
  };

  /** The message of an import that must fail: one line. */
  const refusal = async (fixture: string) => {
    const error: Error = await imported(fixture).then(
      () => expect.fail(`${fixture} was imported`),
      (reason: Error) => reason,
    );
    expect(error.name, error.stack).to.equal("UserError");
    expect(error.message).to.match(/^[^\n]+$/);
    return error.message;
  };

  it("is imported with a note for each of them", async () => {
    const { notes, metadata, example } = await imported("narrow");
    expect(notes.filter((note) => note.includes("bfloat16"))).to.have.lengthOf(3);
    expect(metadata.signature.inputs).to.deep.equal([{ name: "x", datatype: "FP32", shape: [-1, 2] }]);
    expect(example).not.to.equal(undefined);
  });

  it("is refused if it computes in them, with the reason and the remedy", async () => {
    expect(await refusal("bfloat16-sum")).to.match(
      /bfloat16-sum\.onnx cannot be served: .*Could not find an implementation for Add.*: it has no such operator for these types on a CPU: export the graph in float32/,
    );
  });

  it("is refused for complex numbers, with the name of the input", async () => {
    expect(await refusal("complex")).to.match(
      /complex\.onnx cannot be served: (input "x" is a tensor of complex64, which cannot be served: export the graph with tensors of numbers or strings instead|.*complex.*)$/,
    );
  });
});
