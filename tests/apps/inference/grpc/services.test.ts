import { status as Code } from "@grpc/grpc-js";
import { expect } from "chai";
import { ListenError } from "../../../../apps/inference/server.ts";
import { type GrpcClient, grpcClient, METHODS, nextMessage } from "../support/grpc.ts";
import { startRepository, startTestServer, type TestServer } from "../support/server.ts";

describe("the gRPC services", () => {
  let server: TestServer;
  let grpc: GrpcClient;
  before(async () => {
    server = await startRepository(["iris", "image"], { GRPC_PORT: "0" });
    grpc = grpcClient(server.running.grpcPort);
  });
  after(async () => {
    grpc.close();
    await server.stop();
  });

  const ask = async (method: string, request: object = {}) => (await grpc.call(method, request)).response;

  it("say whether the server and its models are ready", async () => {
    expect(await ask("ServerLive")).to.deep.equal({ live: true });
    expect(await ask("ServerReady")).to.deep.equal({ ready: true });
    expect(await ask("ModelReady", { name: "iris" })).to.deep.equal({ ready: true });
    expect(await ask("ModelReady", { name: "iris", version: "1" })).to.deep.equal({ ready: true });
    expect(await ask("ModelReady", { name: "iris", version: "2" })).to.deep.equal({ ready: false });
    expect(await ask("ModelReady", { name: "absent" })).to.deep.equal({ ready: false });
  });

  it("describe the server and its models as over HTTP", async () => {
    const server_metadata = await ask("ServerMetadata");
    expect(server_metadata.name).to.equal("ml-platform-inference");
    expect(server_metadata.extensions).to.deep.equal(["classification", "model_configuration", "statistics"]);
    const { body } = await server.get("/v2/models/iris");
    const metadata = await ask("ModelMetadata", { name: "iris" });
    expect(metadata).to.deep.include({ name: "iris", versions: ["1"], platform: "onnxruntime_onnx" });
    expect(metadata.inputs).to.deep.equal([{ name: "x", datatype: "FP32", shape: ["-1", "4"] }]);
    expect(metadata.outputs.map(({ name }: { name: string }) => name)).to.deep.equal(["label", "probabilities"]);
    expect(metadata.properties ?? {}).to.deep.equal(body.properties);
  });

  it("return a model's configuration and statistics", async () => {
    const { config } = await ask("ModelConfig", { name: "iris" });
    expect(config).to.deep.include({ name: "iris", backend: "onnxruntime", max_batch_size: 1024 });
    expect(config.input).to.deep.equal([{ name: "x", data_type: "TYPE_FP32", dims: ["4"] }]);
    expect(config.output[0]).to.deep.include({ name: "label", data_type: "TYPE_INT64" });
    expect(config.instance_group[0].kind).to.equal("KIND_CPU");
    expect((await ask("ModelConfig", { name: "image" })).config.max_batch_size ?? 0).to.equal(0);
    const { model_stats } = await ask("ModelStatistics", { name: "iris" });
    expect(model_stats).to.have.length(1);
    expect((await ask("ModelStatistics")).model_stats).to.have.length(2);
  });

  it("answer NOT_FOUND for a model that is not served", async () => {
    for (const method of ["ModelMetadata", "ModelConfig", "ModelStatistics"]) {
      const { error } = await grpc.call(method, { name: "absent" });
      expect(error?.code, method).to.equal(Code.NOT_FOUND);
      expect(error?.details).to.equal("model absent is not served here");
    }
  });

  it("check health as gRPC defines it", async () => {
    for (const service of ["", "inference.GRPCInferenceService"]) {
      expect((await grpc.check(service)).response).to.deep.equal({ status: "SERVING" });
    }
    expect((await grpc.check("nothing")).error?.code).to.equal(Code.NOT_FOUND);
  });
});

describe("the gRPC port", () => {
  let server: TestServer | undefined;
  afterEach(async () => {
    await server?.stop();
    server = undefined;
  });

  it("asks for the API key in metadata, except for readiness and health", async () => {
    server = await startTestServer({ model: "iris", env: { GRPC_PORT: "0", API_KEY: "secret" } });
    const grpc = grpcClient(server.running.grpcPort);
    try {
      for (const [method, request] of [
        ["ModelInfer", { model_name: "iris" }],
        ["ModelMetadata", { name: "iris" }],
        ["ServerMetadata", {}],
        ["ModelConfig", { name: "iris" }],
        ["ModelStatistics", {}],
      ] as const) {
        for (const key of [undefined, "wrong"]) {
          const { error } = await grpc.call(method, request, key === undefined ? {} : { "x-api-key": key });
          expect(error?.code, method).to.equal(Code.UNAUTHENTICATED);
        }
      }
      expect((await grpc.call("ModelMetadata", { name: "iris" }, { "x-api-key": "secret" })).error).to.equal(undefined);
      for (const method of ["ServerLive", "ServerReady", "ModelReady"]) {
        expect((await grpc.call(method, {})).error, method).to.equal(undefined);
      }
      expect((await grpc.check("")).response).to.deep.equal({ status: "SERVING" });
    } finally {
      grpc.close();
    }
  });

  it("reports not ready during the drain, and tells those who watch", async () => {
    const env = { GRPC_PORT: "0", DRAIN_SECONDS: "3000", SHUTDOWN_SECONDS: "3600" };
    server = await startTestServer({ model: "iris", env });
    const grpc = grpcClient(server.running.grpcPort);
    const watch = METHODS.health["Watch"];
    if (watch === undefined) throw new Error("there is no Watch");
    const stream = grpc.client.makeServerStreamRequest(
      ...([watch.path, watch.requestSerialize, watch.responseDeserialize, { service: "" }] as const),
    );
    stream.on("error", () => {});
    expect(await nextMessage(stream)).to.deep.equal({ status: "SERVING" });
    void server.running.shutDown();
    expect((await grpc.call("ServerReady", {})).response).to.deep.equal({ ready: false });
    expect((await grpc.call("ModelReady", { name: "iris" })).response).to.deep.equal({ ready: false });
    expect((await grpc.check("")).response).to.deep.equal({ status: "NOT_SERVING" });
    expect(await nextMessage(stream)).to.deep.equal({ status: "NOT_SERVING" });
    // The stream is still open: it must not delay the end.
    expect(await server.running.shutDown()).to.equal(true);
    grpc.close();
  });

  it("is one that is free, or the reason says which setting is wrong", async () => {
    server = await startTestServer({ model: "iris", env: { GRPC_PORT: "0" } });
    const taken = String(server.running.grpcPort);
    const error = await startTestServer({ model: "iris", env: { GRPC_PORT: taken } }).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).to.be.instanceOf(ListenError);
    expect((error as Error).message).to.equal(
      `GRPC_PORT ${taken} is already in use on 127.0.0.1: stop the process that listens there, or set another port`,
    );
  });

  it("is not opened without the setting", async () => {
    server = await startTestServer({ model: "iris" });
    expect(server.running.grpcPort).to.equal(undefined);
  });
});
