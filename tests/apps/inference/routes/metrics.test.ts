import { connect } from "node:net";
import { expect } from "chai";
import { steadyPort } from "../../../support/steady-port.ts";
import { passDeadlines, takeClock } from "../support/clock.ts";
import { fakeModel } from "../support/fake-model.ts";
import { publish } from "../support/registry.ts";
import { send, startTestServer, type TestServer, until } from "../support/server.ts";

describe("GET /metrics", () => {
  let server: TestServer;
  afterEach(() => server.stop());

  it("counts requests by outcome, rows and runs", async () => {
    server = await startTestServer({ model: "half-plus-two" });
    const of = 'model="half-plus-two",version="1"';
    expect((await server.get("/metrics")).body).to.include(`model_requests_total{${of},status="success"} 0`);
    await server.post("/predict", { instances: [1, 2, 5] });
    await server.post("/predict", { instances: [1] });
    await server.post("/predict", { instances: ["x"] });
    await server.post("/predict", "{");

    const { status, headers, body } = await server.get("/metrics");
    expect(status).to.equal(200);
    expect(headers.get("content-type")).to.match(/^text\/plain; version=0\.0\.4/);
    const lines = body.split("\n");
    expect(lines).to.include.members([
      `model_requests_total{${of},status="success"} 2`,
      `model_requests_total{${of},status="invalid"} 2`,
      `model_requests_total{${of},status="error"} 0`,
      `model_requests_total{${of},status="rejected"} 0`,
      `model_predictions_total{${of}} 4`,
      `model_request_latency_seconds_count{${of}} 2`,
      `model_batch_size_sum{${of}} 4`,
      `model_batch_size_count{${of}} 2`,
      `model_inference_seconds_count{${of}} 2`,
      `model_queue_depth{${of}} 0`,
      "model_loaded 1",
    ]);
    expect(body).to.match(
      new RegExp(
        `model_info\\{${of},framework="onnx",commit="unknown",trained_date="2026-01-02",sha256="[0-9a-f]{64}"\\} 1`,
      ),
    );
    expect(body).to.match(/^process_resident_memory_bytes \d+/m);
  });

  it("has the metrics of KServe's and Triton's dashboards", async () => {
    server = await startTestServer({ model: "half-plus-two" });
    await server.post("/predict", { instances: [1, 2, 5] });
    await server.post("/v2/models/half-plus-two/infer", {
      inputs: [{ name: "x", datatype: "FP32", shape: [2], data: [1, 2] }],
    });
    await server.post("/v1/models/half-plus-two:predict", { instances: ["x"] });
    const { body } = await server.get("/metrics");
    const lines: string[] = body.split("\n");
    const of = 'model="half-plus-two",version="1"';
    const kserve = 'model_name="half-plus-two",model_version="1"';
    expect(lines).to.include.members([
      `nv_inference_request_success{${of}} 2`,
      `nv_inference_request_failure{${of},reason="OTHER"} 1`,
      `nv_inference_request_failure{${of},reason="REJECTED"} 0`,
      `nv_inference_count{${of}} 5`,
      `nv_inference_exec_count{${of}} 2`,
      `nv_inference_pending_request_count{${of}} 0`,
      `request_preprocess_seconds_count{${kserve}} 2`,
      `request_predict_seconds_count{${kserve}} 2`,
      `request_postprocess_seconds_count{${kserve}} 2`,
      `model_queue_seconds_count{${of}} 2`,
      "# TYPE nv_inference_count counter",
      "# TYPE request_predict_seconds histogram",
    ]);
    for (const what of ["request", "queue", "compute_input", "compute_infer", "compute_output"]) {
      expect(body).to.match(new RegExp(`^nv_inference_${what}_duration_us\\{${of}\\} \\d+$`, "m"));
    }
  });

  it("counts a split request once, and each of its runs", async () => {
    server = await startTestServer({ model: "half-plus-two", env: { MAX_BATCH_SIZE: "16" } });
    await server.post("/predict", { instances: new Array(40).fill(1) });
    const { body } = await server.get("/metrics");
    const of = 'model="half-plus-two",version="1"';
    expect(body.split("\n")).to.include.members([
      `nv_inference_request_success{${of}} 1`,
      `nv_inference_count{${of}} 40`,
      `nv_inference_exec_count{${of}} 3`,
      `model_queue_seconds_count{${of}} 1`,
      `model_inference_seconds_count{${of}} 3`,
      `model_batch_size_sum{${of}} 40`,
    ]);
  });

  it("reports how many requests and rows are waiting", async () => {
    const model = fakeModel();
    server = await startTestServer({ model: "half-plus-two", open: model.open, env: { MAX_BATCH_SIZE: "16" } });
    const release = model.hold();
    const running = server.post("/predict", { instances: [1] });
    await until(() => model.runs.length === 1);
    const waiting = server.post("/predict", { instances: new Array(40).fill(1) });
    const depth = async () => (await server.get("/metrics")).body.split("\n") as string[];
    const of = 'model="half-plus-two",version="1"';
    await until(async () => (await depth()).includes(`model_queue_depth{${of}} 40`));
    expect(await depth()).to.include(`nv_inference_pending_request_count{${of}} 1`);
    release();
    await Promise.all([running, waiting]);
  });

  it("counts the time of successful requests only for Triton, whose dashboards divide it by their number", async () => {
    const clock = takeClock();
    try {
      const model = fakeModel(13);
      server = await startTestServer({
        model: "half-plus-two",
        open: async (metadata, artifact) => {
          const opened = await model.open(metadata, artifact);
          return {
            ...opened,
            run(inputs) {
              clock.advance(5000);
              return opened.run(inputs);
            },
          };
        },
      });
      const read = async (name: string) =>
        Number(new RegExp(`^${name}\\{[^}]*\\} (.*)$`, "m").exec((await server.get("/metrics")).body)?.[1]);
      expect((await server.post("/predict", { instances: [13] })).status).to.equal(500);
      expect(await read("model_request_latency_seconds_sum")).to.be.at.least(5);
      expect(await read("model_inference_seconds_sum")).to.be.at.least(5);
      expect(await read("model_queue_seconds_sum")).to.be.greaterThan(0);
      const durations = ["request", "queue", "compute_infer"].map((what) => `nv_inference_${what}_duration_us`);
      for (const name of durations) {
        expect(await read(name), name).to.equal(0);
      }
      await server.post("/predict", { instances: [1] });
      const [request = 0, queue = 0, compute = 0] = await Promise.all(durations.map(read));
      expect(queue).to.be.greaterThan(0);
      expect(compute).to.be.at.least(5e6);
      // Each value is rounded separately; none of them includes the five seconds of the failed request.
      expect(queue + compute).to.be.lessThan(request + 2);
      const all = await read("model_inference_seconds_sum");
      expect(all).to.be.at.least(compute / 1e6 + 5);
    } finally {
      clock.restore();
    }
  });

  it("counts failures with Triton's reasons: rejected or timed out in the queue, canceled, failed or timed out in the model", async () => {
    const model = fakeModel(13);
    const env = { MAX_BATCH_SIZE: "1", MAX_QUEUE_SIZE: "2", REQUEST_TIMEOUT_MS: "600000" };
    server = await startTestServer({ model: "half-plus-two", open: model.open, env });
    const failures = async () => {
      const { body } = await server.get("/metrics");
      const lines: string[] = body
        .split("\n")
        .filter((line: string) => line.startsWith("nv_inference_request_failure{"));
      return Object.fromEntries(lines.map((line) => /reason="(\w+)"\} (\d+)$/.exec(line)?.slice(1) ?? []));
    };
    const none = { REJECTED: "0", CANCELED: "0", BACKEND: "0", OTHER: "0" };
    expect(await failures()).to.deep.equal(none);

    expect((await server.post("/predict", { instances: [13] })).status).to.equal(500);
    expect(await failures()).to.deep.equal({ ...none, BACKEND: "1" });
    expect((await server.post("/predict", { instances: ["x"] })).status).to.equal(422);
    expect(await failures()).to.deep.equal({ ...none, BACKEND: "1", OTHER: "1" });

    const socket = connect(server.running.port, "127.0.0.1");
    socket.write("POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{", () => socket.resetAndDestroy());
    socket.on("error", () => {});
    await until(async () => (await failures())["CANCELED"] === "1");

    const release = model.hold();
    const runs = model.runs.length;
    const running = server.post("/predict", { instances: [1] });
    await until(() => model.runs.length > runs);
    const waiting = server.post("/predict", { instances: [2, 3] });
    await until(async () =>
      (await server.get("/metrics")).body.includes('model_queue_depth{model="half-plus-two",version="1"} 2'),
    );
    expect((await server.post("/predict", { instances: [4] })).status).to.equal(503);
    const clock = takeClock();
    try {
      await passDeadlines(clock, server.deadlines, 600_000);
      expect((await running).status).to.equal(504);
      expect((await waiting).status).to.equal(504);
    } finally {
      clock.restore();
    }
    expect(await failures()).to.deep.equal({ REJECTED: "2", CANCELED: "1", BACKEND: "2", OTHER: "1" });
    release();
  });

  it("counts every response by method and code, including those that reach no model", async () => {
    server = await startTestServer({ model: "half-plus-two", env: { API_KEY: "right" } });
    const key = { "X-API-Key": "right" };
    await server.post("/predict", { instances: [1] }, key);
    await server.post("/predict", { instances: [1] }, { "X-API-Key": "wrong" });
    await server.post("/predict", { instances: [1] });
    await server.post("/predict", { instances: ["x"] }, key);
    await server.get("/predict", key);
    await server.get("/made/up", key);
    await server.get("/health");
    const { body } = await server.get("/metrics");
    const lines = body.split("\n").filter((line: string) => line.startsWith("http_requests_total"));
    expect(lines).to.have.members([
      'http_requests_total{method="POST",code="200"} 1',
      'http_requests_total{method="POST",code="401"} 2',
      'http_requests_total{method="POST",code="422"} 1',
      'http_requests_total{method="GET",code="405"} 1',
      'http_requests_total{method="GET",code="404"} 1',
      'http_requests_total{method="GET",code="200"} 1',
    ]);
    expect(body).to.include('model_requests_total{model="half-plus-two",version="1",status="invalid"} 1\n');
  });

  it("is served before the model is loaded, and reports that", async () => {
    server = await startTestServer({ model: "linear", published: [], wait: false });
    await server.post("/predict", { features: [1, 2, 3] });
    const { body } = await server.get("/metrics");
    expect(body).to.match(/^model_loaded 0$/m);
    expect(body).to.include('model_requests_total{model="linear",version="1",status="rejected"} 1');
  });

  it("attributes requests from before the model was loaded to the version that was loaded", async () => {
    const env = { MODEL_VERSION: "latest" };
    server = await startTestServer({ model: "linear", published: [], wait: false, env });
    await server.post("/predict", { features: [1, 2, 3] });
    const before = (await server.get("/metrics")).body;
    expect(before).to.include('model_requests_total{model="linear",version="latest",status="rejected"} 1');
    await publish(server.root, ["linear", "3"]);
    await server.running.loaded;
    expect((await server.post("/predict", { features: [1, 2, 3] })).status).to.equal(200);
    const { body } = await server.get("/metrics");
    expect(body).not.to.include('version="latest"');
    const lines = body
      .split("\n")
      .filter((line: string) => /^(model_requests_total|nv_inference_request_failure)/.test(line));
    expect(lines).to.include.members([
      'model_requests_total{model="linear",version="3",status="rejected"} 1',
      'model_requests_total{model="linear",version="3",status="success"} 1',
      'nv_inference_request_failure{model="linear",version="3",reason="REJECTED"} 1',
    ]);
  });

  it("keeps the metrics of a loaded version while another version is still loading", async () => {
    const opening = Promise.withResolvers<void>();
    const { open } = fakeModel();
    server = await startTestServer({
      model: "half-plus-two",
      published: [
        ["half-plus-two", "1"],
        ["half-plus-two", "2"],
      ],
      env: { MODEL_VERSION: "all" },
      wait: false,
      async open(metadata, artifact) {
        if (metadata.version === "2") await opening.promise;
        return open(metadata, artifact);
      },
    });
    const path = "/models/half-plus-two/versions";
    await until(async () => (await server.post(`${path}/1/predict`, { instances: [1] })).status === 200);
    expect((await server.post(`${path}/2/predict`, { instances: [1] })).status).to.equal(503);
    opening.resolve();
    await server.running.loaded;
    const { body } = await server.get("/metrics");
    expect(body).to.include('model_requests_total{model="half-plus-two",version="1",status="success"} 1');
  });

  it("is the only route on the metrics port", async () => {
    const port = await steadyPort();
    server = await startTestServer({ model: "linear", env: { METRICS_PORT: String(port) } });
    const { status, body } = await send(`http://127.0.0.1:${port}/metrics`, {});
    expect(status).to.equal(200);
    expect(body).to.include("model_loaded 1");
    expect((await send(`http://127.0.0.1:${port}/models`, {})).status).to.equal(404);
  });
});
