import { rm } from "node:fs/promises";
import { expect } from "chai";
import { createLogger } from "../../../../apps/inference/logger.ts";
import { onnxOpener } from "../../../../apps/inference/model/onnx.ts";
import { type RunningServer, startServer } from "../../../../apps/inference/server.ts";
import { readSettings } from "../../../../apps/inference/settings.ts";
import { send } from "../../inference/support/server.ts";
import { temporaryDirectory, trainer } from "../support.ts";

const CUSTOMER = { age: 40, region: "north", plan: "basic", months: 1, tickets: 8, spend: 12 };

describe("tabular models in the server", () => {
  let models: string;
  let server: RunningServer;
  before(async () => {
    models = await temporaryDirectory();
    const train = (...args: readonly string[]) => trainer(["train", "--task=tabular", "--models", models, ...args]);
    expect(await train("--model=churn")).to.include({ code: 0, errors: "" });
    const months = ["--model=months", "--param", "target=months", "problem=regression", "categorical=plan,churned"];
    expect(await train(...months, "numeric=age,tickets", "algorithm=linear")).to.include({ code: 0, errors: "" });
    const settings = readSettings({
      MODEL_DIR: models,
      MODEL_NAME: "*",
      MODEL_VERSION: "latest",
      HOST: "127.0.0.1",
      PORT: "0",
      METRICS_PORT: "0",
      DRAIN_SECONDS: "0",
      SHUTDOWN_SECONDS: "2",
      LOG_LEVEL: "silent",
    });
    server = await startServer(settings, { logger: createLogger("silent"), open: onnxOpener(1), retryMs: 20 });
    await server.loaded;
  });
  after(async () => {
    await server.shutDown();
    await rm(models, { recursive: true, force: true });
  });

  const post = (route: string, body: unknown) =>
    send(`http://127.0.0.1:${server.port}${route}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
  const churn = (body: unknown) => post("/models/churn/predict", body);

  it("take numbers and categories by name", async () => {
    expect((await churn(CUSTOMER)).body).to.deep.equal({ species_index: 1, species_name: "yes" });
    const loyal = { ...CUSTOMER, plan: "pro", months: 70, tickets: 0 };
    expect((await churn(loyal)).body).to.deep.equal({ species_index: 0, species_name: "no" });
    const number = await post("/models/months/predict", { age: 40, plan: "pro", tickets: 1, churned: "no" });
    expect(number.status).to.equal(200);
    expect(number.body.prediction).to.be.within(5, 60);
  });

  it("accept null and unknown categories", async () => {
    expect((await churn({ ...CUSTOMER, age: null, spend: null, region: null })).body.species_name).to.equal("yes");
    expect((await churn({ ...CUSTOMER, plan: "vip" })).status).to.equal(200);
  });

  it("reject text for a number and a number for a category", async () => {
    const word = await churn({ ...CUSTOMER, months: "many" });
    expect(word.status).to.equal(422);
    expect(word.body.error).to.include({ path: "months", message: "must be a number, not a string" });
    const number = await churn({ ...CUSTOMER, plan: 7 });
    expect(number.status).to.equal(422);
    expect(number.body.error).to.include({ path: "plan", message: "must be a string or null, not a number" });
  });

  it("answer the examples of their documentation, and tensors of any text", async () => {
    const { paths } = (await send(`http://127.0.0.1:${server.port}/openapi.json`, {})).body;
    const predictions = Object.keys(paths).filter((path) => /predict$|infer$/.test(path));
    expect(predictions).to.include.members(["/models/churn/predict", "/v2/models/churn/infer"]);
    for (const path of predictions) {
      const { example } = paths[path].post.requestBody.content["application/json"];
      expect((await post(path, example)).status, path).to.equal(200);
    }
    const data = ["1e999", "-", "0x10", "", "", "…"];
    const inputs = [{ name: "features", datatype: "BYTES", shape: [1, 6], data }];
    expect((await post("/v2/models/churn/infer", { inputs })).status).to.equal(200);
  });
});
