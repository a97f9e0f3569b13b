import { expect } from "chai";
import { type GrpcClient, grpcClient, rawFloats, rawTexts } from "../support/grpc.ts";
import { DATATYPES } from "../support/models.ts";
import { startRepository, type TestServer, until } from "../support/server.ts";

describe("ModelInfer over gRPC", () => {
  let server: TestServer;
  let grpc: GrpcClient;
  before(async () => {
    server = await startRepository(["iris", "types", "words", "image", "same"], {
      GRPC_PORT: "0",
    });
    grpc = grpcClient(server.running.grpcPort);
  });
  after(async () => {
    grpc.close();
    await server.stop();
  });

  const flower = { name: "x", datatype: "FP32", shape: [1, 4] };
  const raw = rawFloats(5.1, 3.5, 1.4, 0.2);
  const output = (response: { outputs: { name: string }[]; raw_output_contents: Buffer[] }, name: string) =>
    response.raw_output_contents[response.outputs.findIndex((one) => one.name === name)] as Buffer;

  it("answers raw tensors and contents alike, with the id of the request", async () => {
    const asked = await grpc.call("ModelInfer", {
      ...{ model_name: "iris", id: "seven", inputs: [flower], raw_input_contents: [raw] },
    });
    expect(asked.error).to.equal(undefined);
    expect(asked.response).to.include({ model_name: "iris", model_version: "1", id: "seven" });
    expect(asked.response.outputs).to.deep.equal([
      { name: "label", datatype: "INT64", shape: ["1"] },
      { name: "probabilities", datatype: "FP32", shape: ["1", "3"] },
    ]);
    expect(output(asked.response, "label").readBigInt64LE(0)).to.equal(0n);
    const contents = { fp32_contents: [5.1, 3.5, 1.4, 0.2] };
    const same = await grpc.call("ModelInfer", {
      ...{ model_name: "iris", model_version: "1", id: "seven", inputs: [{ ...flower, contents }] },
    });
    expect(same.response).to.deep.equal(asked.response);
    const http = await server.post("/v2/models/iris/infer", { inputs: [{ ...flower, data: [5.1, 3.5, 1.4, 0.2] }] });
    const bytes = output(asked.response, "probabilities");
    expect([0, 4, 8].map((offset) => bytes.readFloatLE(offset))).to.deep.equal(http.body.outputs[1].data);
  });

  it("says in metadata which model answered, and returns the request id", async () => {
    const request = { model_name: "iris", inputs: [flower], raw_input_contents: [raw] };
    const { metadata } = await grpc.call("ModelInfer", request, { "x-request-id": "mine" });
    const told = metadata?.getMap();
    expect(told).to.include({ "x-request-id": "mine", "x-model-name": "iris", "x-model-version": "1" });
    const line = await until(() => server.log.find((text) => text.includes('"request_id":"mine"')));
    expect(JSON.parse(line)).to.include({
      ...{ method: "gRPC", path: "/inference.GRPCInferenceService/ModelInfer", status: 200, rows: 1 },
    });
  });

  it("reads every type from its contents", async () => {
    const contents: Record<string, unknown> = {
      BOOL: { bool_contents: [true, false] },
      UINT8: { uint_contents: [1, 255] },
      UINT16: { uint_contents: [1, 65_535] },
      UINT32: { uint_contents: [1, 4_294_967_295] },
      UINT64: { uint64_contents: ["1", "18446744073709551615"] },
      INT8: { int_contents: [-1, 127] },
      INT16: { int_contents: [-1, 32_767] },
      INT32: { int_contents: [-1, 2_147_483_647] },
      INT64: { int64_contents: ["-1", "9007199254740993"] },
      FP32: { fp32_contents: [0.5, -1] },
      FP64: { fp64_contents: [0.1, -1] },
      BYTES: { bytes_contents: [Buffer.from("schön"), Buffer.from("")] },
    };
    const raws: Record<string, Buffer> = {
      BOOL: Buffer.of(1, 0),
      UINT8: Buffer.of(1, 255),
      UINT16: Buffer.from(Uint16Array.of(1, 65_535).buffer),
      UINT32: Buffer.from(Uint32Array.of(1, 4_294_967_295).buffer),
      UINT64: Buffer.from(BigUint64Array.of(1n, 2n ** 64n - 1n).buffer),
      INT8: Buffer.of(255, 127),
      INT16: Buffer.from(Int16Array.of(-1, 32_767).buffer),
      INT32: Buffer.from(Int32Array.of(-1, 2_147_483_647).buffer),
      INT64: Buffer.from(BigInt64Array.of(-1n, 9007199254740993n).buffer),
      FP16: Buffer.from(Uint16Array.of(0x3800, 0xbc00).buffer),
      FP32: rawFloats(0.5, -1),
      FP64: Buffer.from(Float64Array.of(0.1, -1).buffer),
      BYTES: rawTexts("schön", ""),
    };
    const inputs = DATATYPES.map((datatype) => ({ name: datatype.toLowerCase(), datatype, shape: [1, 2] }));
    const sent = inputs.map(({ datatype }) => raws[datatype] as Buffer);
    const fromRaw = await grpc.call("ModelInfer", { model_name: "types", inputs, raw_input_contents: sent });
    expect(fromRaw.error).to.equal(undefined);
    for (const { name, datatype } of inputs) {
      expect(output(fromRaw.response, `${name}_out`).equals(raws[datatype] as Buffer), datatype).to.equal(true);
    }
    // FP16 has no contents, so each other type is sent to a model of its own type only where there is one.
    const listed = inputs.map((input) => ({ ...input, contents: contents[input.datatype] }));
    const { error } = await grpc.call("ModelInfer", { model_name: "types", inputs: listed });
    expect(error?.details).to.equal("inputs[9].contents cannot hold FP16: send it in raw_input_contents");
    const longs = { name: "x", datatype: "INT64", shape: [2], contents: contents["INT64"] };
    const same = await grpc.call("ModelInfer", { model_name: "same", inputs: [longs] });
    expect(output(same.response, "y").equals(raws["INT64"] as Buffer)).to.equal(true);
    const words = { name: "text", datatype: "BYTES", shape: [2], contents: contents["BYTES"] };
    expect((await grpc.call("ModelInfer", { model_name: "words", inputs: [words] })).error).to.equal(undefined);
  });

  it("returns the outputs that were asked for, and classes", async () => {
    const parameters = { classification: { int64_param: "2" } };
    const { response } = await grpc.call("ModelInfer", {
      ...{ model_name: "iris", inputs: [flower], raw_input_contents: [raw] },
      outputs: [{ name: "probabilities", parameters }],
    });
    expect(response.outputs).to.deep.equal([{ name: "probabilities", datatype: "BYTES", shape: ["1", "2"] }]);
    expect(response.raw_output_contents[0].toString()).to.match(/:0:setosa/);
  });

  it("answers a model without a batch dimension", async () => {
    const input = { name: "image", datatype: "FP32", shape: [3, 2, 2] };
    const { response } = await grpc.call("ModelInfer", {
      ...{ model_name: "image", inputs: [input], raw_input_contents: [rawFloats(...new Array(12).fill(2))] },
    });
    expect(response.outputs[0].shape).to.deep.equal(["3"]);
    expect(response.raw_output_contents[0].equals(rawFloats(2, 2, 2))).to.equal(true);
  });

  it("is counted with the other protocols, and by method and code", async () => {
    expect((await grpc.call("ModelInfer", { model_name: "absent" })).response).to.equal(undefined);
    expect((await grpc.call("ModelInfer", { model_name: "iris" })).response).to.equal(undefined);
    const { body } = await server.get("/metrics");
    expect(body).to.match(
      /^grpc_server_handled_total\{grpc_type="unary",grpc_service="inference.GRPCInferenceService",grpc_method="ModelInfer",grpc_code="OK"\} [1-9]/m,
    );
    expect(body).to.match(/grpc_method="ModelInfer",grpc_code="NOT_FOUND"\} [1-9]/);
    expect(body).to.match(/^model_requests_total\{model="image",version="1",status="success"\} 1$/m);
    expect(body).to.match(/^model_requests_total\{model="iris",version="1",status="invalid"\} [1-9]/m);
  });
});
