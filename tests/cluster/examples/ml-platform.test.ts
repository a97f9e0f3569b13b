import { expect } from "chai";
import { eventually } from "../support/wait.ts";
import { deployExample, type Example, logOf, readyPodsAre, runByHand } from "./example.ts";

describe("the example ml-platform on the embedded cluster", function () {
  this.timeout(300_000);
  let platform: Example;
  before(async function () {
    this.timeout(60 * 60_000);
    platform = await deployExample("ml-platform");
  });
  after(() => platform?.remove());

  const features = Array.from({ length: 24 }, (_, hour) => 10 + Math.sin((2 * Math.PI * hour) / 24));

  it("trains a forest with the hyperparameters of its ConfigMap, and reports its error", async () => {
    const log = await logOf(platform, "training-job");
    expect(log).to.match(/mae/i);
    expect(log).to.match(/rmse/i);
    const metadata = JSON.parse(
      await platform.kubectl("exec", "deployment/api-deployment", "--", "cat", "/models/timeseries/1/metadata.json"),
    );
    expect(JSON.stringify(metadata)).to.match(/"n_estimators":100\b/);
    expect(JSON.stringify(metadata)).to.match(/"max_depth":10\b/);
  });

  it("answers on the node's port", async () => {
    const health = JSON.parse((await platform.callNode(30800, "/health")).text);
    expect(health).to.include({ status: "healthy" });
    const ready = JSON.parse((await platform.callNode(30800, "/ready")).text);
    expect(ready).to.deep.include({ status: "ready", model_loaded: true });
    const answer = await platform.callNode(30800, "/predict", { body: { features } });
    expect(answer.status, answer.text).to.equal(200);
    expect(JSON.parse(answer.text)["prediction"]).to.be.a("number");
  });

  it("answers other pods at the name of its Service", async () => {
    const answer = await platform.callFrom("api-deployment", "http://api-service:8000/health");
    expect(answer.status).to.equal(200);
  });

  it("trains again when the CronJob is started by hand, and publishes one more version", async () => {
    await runByHand(platform, "training-cronjob", "training-by-hand");
    const answer = await platform.callNode(30800, "/models");
    const { models } = JSON.parse(answer.text) as { models: { name: string; versions: string[] }[] };
    expect(models.find(({ name }) => name === "timeseries")?.versions).to.deep.equal(["1", "2"]);
  });

  it("replaces a deleted pod", async () => {
    const [pod] = await platform.get("pods", "--selector=app=api");
    await platform.kubectl("delete", "pod", pod?.metadata.name ?? "");
    await readyPodsAre(platform, "app=api", 2);
    expect((await platform.callNode(30800, "/health")).status).to.equal(200);
  });

  it("has an autoscaler for 2 to 5 pods", async () => {
    const line = await eventually("replicas of api-hpa", async () => {
      const text = await platform.kubectl("get", "hpa", "api-hpa", "--no-headers");
      return /Deployment\/api-deployment.*\s2\s+5\s/.test(text) ? text : undefined;
    });
    expect(line).to.match(/70%/);
  });
});
