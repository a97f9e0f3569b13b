import { status as Code } from "@grpc/grpc-js";
import { expect } from "chai";
import { fakeModel } from "../support/fake-model.ts";
import { type GrpcClient, grpcClient } from "../support/grpc.ts";
import { DATATYPES } from "../support/models.ts";
import { startRepository, startTestServer, type TestServer, until } from "../support/server.ts";

/** Elements as raw contents. */
const floats = (...values: number[]) => Buffer.from(Float32Array.from(values).buffer);
const texts = (...values: string[]) =>
  Buffer.concat(
    values.map((value) => {
      const length = Buffer.alloc(4);
      length.writeUInt32LE(Buffer.byteLength(value));
      return Buffer.concat([length, Buffer.from(value)]);
    }),
  );

describe("ModelInfer over gRPC", () => {
  let server: TestServer;
  let grpc: GrpcClient;
  before(async () => {
    server = await startRepository(["iris", "pair", "types", "words", "image", "same", "half-plus-two", "lookup"], {
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
  const raw = floats(5.1, 3.5, 1.4, 0.2);
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
      FP32: floats(0.5, -1),
      FP64: Buffer.from(Float64Array.of(0.1, -1).buffer),
      BYTES: texts("schön", ""),
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
      ...{ model_name: "image", inputs: [input], raw_input_contents: [floats(...new Array(12).fill(2))] },
    });
    expect(response.outputs[0].shape).to.deep.equal(["3"]);
    expect(response.raw_output_contents[0].equals(floats(2, 2, 2))).to.equal(true);
  });

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
      { model_name: "iris", inputs: [flower], raw_input_contents: [floats(1, 2, 3)] },
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
        ...{ model_name: "half-plus-two", raw_input_contents: [floats(...new Array(101).fill(1))] },
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

  it("is counted with the other protocols, and by method and code", async () => {
    const { body } = await server.get("/metrics");
    expect(body).to.match(
      /^grpc_server_handled_total\{grpc_type="unary",grpc_service="inference.GRPCInferenceService",grpc_method="ModelInfer",grpc_code="OK"\} [1-9]/m,
    );
    expect(body).to.match(/grpc_method="ModelInfer",grpc_code="NOT_FOUND"\} [1-9]/);
    expect(body).to.match(/^model_requests_total\{model="image",version="1",status="success"\} 1$/m);
    expect(body).to.match(/^model_requests_total\{model="iris",version="1",status="invalid"\} [1-9]/m);
  });
});

describe("gRPC calls under load and at the end", () => {
  let server: TestServer;
  let grpc: GrpcClient;
  afterEach(async () => {
    grpc.close();
    await server.stop();
  });

  const start = async (env: Record<string, string> = {}) => {
    const fake = fakeModel();
    server = await startTestServer({ model: "half-plus-two", open: fake.open, env: { GRPC_PORT: "0", ...env } });
    grpc = grpcClient(server.running.grpcPort);
    const ask = (value: number, deadline?: number) =>
      grpc.call(
        "ModelInfer",
        {
          ...{ model_name: "half-plus-two", raw_input_contents: [floats(value)] },
          inputs: [{ name: "x", datatype: "FP32", shape: [1] }],
        },
        {},
        deadline,
      );
    return { fake, ask };
  };
  const depth = (rows: number) =>
    until(async () =>
      new RegExp(`^model_queue_depth\\{[^}]*\\} ${rows}$`, "m").test((await server.get("/metrics")).body),
    );

  it("share batches with requests over HTTP", async () => {
    const { fake, ask } = await start();
    const release = fake.hold();
    const first = ask(0);
    await until(() => fake.runs.length === 1);
    const others = [ask(1), server.post("/predict", { instances: [2] }), ask(3)];
    await depth(3);
    release();
    await Promise.all([first, ...others]);
    expect(fake.runs.map((run) => run.toSorted((a, b) => a - b))).to.deep.equal([[0], [1, 2, 3]]);
  });

  it("are rejected as UNAVAILABLE when the queue is full", async () => {
    const { fake, ask } = await start({ MAX_QUEUE_SIZE: "1", MAX_BATCH_SIZE: "1" });
    const release = fake.hold();
    const running = ask(0);
    await until(() => fake.runs.length === 1);
    const waiting = ask(1);
    await depth(1);
    const { error } = await ask(2);
    expect(error?.code).to.equal(Code.UNAVAILABLE);
    expect(error?.details).to.match(/queue of 1 rows is full/);
    release();
    expect((await running).error ?? (await waiting).error).to.equal(undefined);
  });

  it("end at the caller's deadline, and are not run after it", async () => {
    const { fake, ask } = await start({ MAX_BATCH_SIZE: "1" });
    const release = fake.hold();
    const running = ask(0);
    await until(() => fake.runs.length === 1);
    const { error } = await ask(1, Date.now() + 300);
    expect(error?.code).to.equal(Code.DEADLINE_EXCEEDED);
    await depth(0);
    release();
    expect((await running).error).to.equal(undefined);
    expect((await ask(2)).error).to.equal(undefined);
    expect(fake.runs).to.deep.equal([[0], [2]]);
  });

  it("that are in progress are answered at the shutdown, and new ones are not accepted", async () => {
    const { fake, ask } = await start({ SHUTDOWN_SECONDS: "60" });
    const release = fake.hold();
    const running = ask(4);
    await until(() => fake.runs.length === 1);
    const closed = server.running.shutDown();
    await until(async () => (await grpc.check("")).error !== undefined);
    release();
    const { error, response } = await running;
    expect(error).to.equal(undefined);
    expect(response.raw_output_contents[0].readFloatLE(0)).to.equal(4);
    expect(await closed).to.equal(true);
  });
});
