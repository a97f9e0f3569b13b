import { expect } from "chai";
import { valueAt } from "../../../engine/status/fields.ts";
import { eventually } from "../support/wait.ts";
import { type Answer, type Call, deployExample, type Example, readyPods } from "./example.ts";

describe("the example ml-serving on the embedded cluster", function () {
  this.timeout(300_000);
  let serving: Example;
  before(async function () {
    this.timeout(60 * 60_000);
    serving = await deployExample("ml-serving");
  });
  after(() => serving?.remove());

  const flower = { sepal_length: 6.7, sepal_width: 3.3, petal_length: 5.7, petal_width: 2.5 };
  const fromPod = (url: string, call: Call = {}): Promise<Answer> => serving.callFrom("model-api", url, call);

  it("runs three pods behind its Service", async () => {
    expect(await readyPods(serving, "app=model-api")).to.have.length(3);
    const health = await fromPod("http://model-api/health");
    expect(JSON.parse(health.text)).to.include({ status: "healthy" });
    const answer = await fromPod("http://model-api/predict", { body: flower });
    expect(JSON.parse(answer.text)).to.deep.equal({ species_index: 2, species_name: "virginica" });
  });

  it("serves its metrics on a separate port", async () => {
    const metrics = await fromPod("http://model-api:8000/metrics");
    expect(metrics.text).to.match(/^model_requests_total\{/m);
  });

  it("answers at the gateway, under the stack's host", async () => {
    await eventually("answer of the Ingress", async () => {
      const { status, text } = await serving.callGateway("model-api.example.com", "/predict", { body: flower });
      return status === 200 && JSON.parse(text).species_name === "virginica" ? true : undefined;
    });
  });

  it("rejects a body larger than 10 MB", async () => {
    const script =
      "fetch('http://model-api/predict', {method: 'POST', headers: {'content-type': 'application/json'}, body: 'x'.repeat(10485761)}).then((r) => console.log(r.status))";
    const status = await serving.kubectl("exec", "deployment/model-api", "--", "node", "-e", script);
    expect(status).to.equal("413");
  });

  it("rolls to another revision and back, with ready pods throughout", async () => {
    await serving.kubectl("set", "env", "deployment/model-api", "--containers=model-api", "LOG_LEVEL=debug");
    await serving.rolledOut("model-api");
    const history = await serving.kubectl("rollout", "history", "deployment/model-api");
    expect(history.match(/^\d+ /gm)).to.have.length(2);
    await serving.kubectl("rollout", "undo", "deployment/model-api");
    await serving.rolledOut("model-api");
    expect((await readyPods(serving, "app=model-api")).length).to.be.at.least(3);
    expect((await fromPod("http://model-api/health")).status).to.equal(200);
  });

  it("has an autoscaler, a disruption budget and a network policy for its pods", async () => {
    await eventually("pods that the budget knows", async () => {
      const [budget] = await serving.get("pdb", "model-api-pdb");
      // On a busy machine the autoscaler may have added pods.
      const healthy = budget && valueAt(budget, "status.currentHealthy");
      return typeof healthy === "number" && healthy >= 3 ? true : undefined;
    });
    const [autoscaler] = await serving.get("hpa", "model-api-hpa");
    expect(autoscaler && valueAt(autoscaler, "spec.minReplicas")).to.equal(3);
    expect(await serving.get("networkpolicy", "model-api-netpol")).to.have.length(1);
    expect(await serving.kubectl("describe", "deployment", "model-api")).to.contain("RollingUpdateStrategy");
  });
});
