import { status as Code } from "@grpc/grpc-js";
import { expect } from "chai";
import { type GrpcClient, grpcClient, rawFloats } from "../support/grpc.ts";
import { startRepository, type TestServer } from "../support/server.ts";

describe("ModelInfer over gRPC", () => {
  let server: TestServer;
  let grpc: GrpcClient;
  before(async () => {
    server = await startRepository(["iris", "pair", "words", "half-plus-two", "lookup"], {
      GRPC_PORT: "0",
      MAX_BODY_BYTES: "1000000",
      MAX_QUEUE_SIZE: "100",
    });
    grpc = grpcClient(server.running.grpcPort);
  });
  after(async () => {
    grpc.close();
    await server.stop();
  });

  const flower = { name: "x", datatype: "FP32", shape: [1, 4] };
  const raw = rawFloats(5.1, 3.5, 1.4, 0.2);

  const wrong: readonly (readonly [string, object, keyof typeof Code, RegExp])[] = [
    ["a model that is not there", { model_name: "absent" }, "NOT_FOUND", /^model absent is not served here$/],
    ["another version", { model_name: "iris", model_version: "2" }, "NOT_FOUND", /^model iris version 2/],
    ["no model", { inputs: [flower] }, "NOT_FOUND", /is not served here$/],
    ["no input", { model_name: "iris" }, "INVALID_ARGUMENT", /^inputs lack "x"$/],
    [
      "another shape",
      { model_name: "iris", inputs: [{ ...flower, shape: [1, 3] }] },
      "INVALID_ARGUMENT",
      /^inputs\[0\]\.shape must be \[-1,4\]$/,
    ],
    [
      "a shape beyond numbers",
      { model_name: "iris", inputs: [{ ...flower, shape: ["9223372036854775807", 4] }] },
      "INVALID_ARGUMENT",
      /^inputs\[0\]\.shape must/,
    ],
    [
      "another type",
      { model_name: "iris", inputs: [{ ...flower, datatype: "FP64" }] },
      "INVALID_ARGUMENT",
      /^inputs\[0\]\.datatype must be FP32$/,
    ],
    [
      "too few bytes",
      { model_name: "iris", inputs: [flower], raw_input_contents: [rawFloats(1, 2, 3)] },
      "INVALID_ARGUMENT",
      /^inputs\[0\] must have 16 bytes of FP32 for its shape; it has 12$/,
    ],
    [
      "too few elements",
      { model_name: "iris", inputs: [{ ...flower, contents: { fp32_contents: [1] } }] },
      "INVALID_ARGUMENT",
      /^inputs\[0\]\.contents must have 16 bytes/,
    ],
    [
      "no elements",
      { model_name: "iris", inputs: [flower] },
      "INVALID_ARGUMENT",
      /^inputs\[0\]\.contents must have 4 elements/,
    ],
    [
      "the contents of another type",
      { model_name: "iris", inputs: [{ ...flower, contents: { fp64_contents: [1, 2, 3, 4] } }] },
      "INVALID_ARGUMENT",
      /^inputs\[0\]\.contents must have 4 elements/,
    ],
    [
      "raw contents for some inputs",
      { model_name: "pair", inputs: [flower, flower], raw_input_contents: [raw] },
      "INVALID_ARGUMENT",
      /^raw_input_contents must be as many as inputs, 2; there are 1$/,
    ],
    [
      "both kinds of contents",
      {
        ...{ model_name: "iris", raw_input_contents: [raw] },
        inputs: [{ ...flower, contents: { fp32_contents: [1, 2, 3, 4] } }],
      },
      "INVALID_ARGUMENT",
      /^inputs\[0\]\.contents must not be given together with raw_input_contents$/,
    ],
    [
      "an unknown output",
      { model_name: "iris", inputs: [flower], raw_input_contents: [raw], outputs: [{ name: "y" }] },
      "INVALID_ARGUMENT",
      /^outputs\[0\]\.name must be an output of the model/,
    ],
    [
      "shared memory",
      {
        ...{ model_name: "iris", raw_input_contents: [raw] },
        inputs: [flower],
        outputs: [{ name: "label", parameters: { shared_memory_region: { string_param: "x" } } }],
      },
      "INVALID_ARGUMENT",
      /^outputs\[0\]\.parameters\.shared_memory_region is an extension/,
    ],
    [
      "a text that is none",
      {
        model_name: "words",
        inputs: [{ name: "text", datatype: "BYTES", shape: [1], contents: { bytes_contents: [Buffer.of(0xff)] } }],
      },
      "INVALID_ARGUMENT",
      /^inputs\[0\]\.contents\[0\] must be UTF-8/,
    ],
    [
      "too many rows",
      {
        ...{ model_name: "half-plus-two", raw_input_contents: [rawFloats(...new Array(101).fill(1))] },
        inputs: [{ name: "x", datatype: "FP32", shape: [101] }],
      },
      "INVALID_ARGUMENT",
      /^inputs have 101 rows; one request may have at most 100$/,
    ],
    [
      "values that the graph rejects",
      {
        model_name: "lookup",
        inputs: [{ name: "ids", datatype: "INT64", shape: [1, 1], contents: { int64_contents: ["99"] } }],
      },
      "INVALID_ARGUMENT",
      /Gather/,
    ],
  ];
  for (const [what, request, code, details] of wrong) {
    it(`rejects ${what} as ${code}`, async () => {
      const { error, response } = await grpc.call("ModelInfer", request);
      expect(response).to.equal(undefined);
      expect(Code[error?.code ?? Code.OK]).to.equal(code);
      expect(error?.details).to.match(details);
    });
  }

  it("rejects bytes that are no message, and messages beyond the limit", async () => {
    const send = (bytes: Buffer) =>
      new Promise<{ code?: Code; details?: string } | null>((resolve) =>
        grpc.client.makeUnaryRequest(
          ...(["/inference.GRPCInferenceService/ModelInfer", () => bytes, (answer: Buffer) => answer, bytes] as const),
          (error) => resolve(error),
        ),
      );
    for (const bytes of [Buffer.of(0xff), Buffer.of(0x0a, 0x05, 1), Buffer.of(0x2a, 0x02, 0x1a, 0x7f)]) {
      const error = await send(bytes);
      expect(error?.code).to.equal(Code.INVALID_ARGUMENT);
      expect(error?.details).to.equal("the message is not a ModelInferRequest");
    }
    expect((await send(Buffer.alloc(1_000_001)))?.code).to.equal(Code.RESOURCE_EXHAUSTED);
    expect((await send(Buffer.alloc(0)))?.code).to.equal(Code.NOT_FOUND);
  });
});
