import { status as Code } from "@grpc/grpc-js";
import { expect } from "chai";
import { fakeModel } from "../support/fake-model.ts";
import { type GrpcClient, grpcClient, rawFloats } from "../support/grpc.ts";
import { startTestServer, type TestServer, until } from "../support/server.ts";

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
          ...{ model_name: "half-plus-two", raw_input_contents: [rawFloats(value)] },
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
