import { expect } from "chai";
import { valueAt } from "../../../engine/status/fields.ts";
import { eventually } from "../support/wait.ts";
import { deployExample, type Example, logOf, readyPodsAre, runByHand } from "./example.ts";

describe("the example ml-course on the embedded cluster", function () {
  this.timeout(300_000);
  let course: Example;
  let headers: Record<string, string>;
  before(async function () {
    this.timeout(60 * 60_000);
    course = await deployExample("ml-course");
    headers = { "x-api-key": await course.secret("iris-api-secret", "API_KEY") };
  });
  after(() => course?.remove());

  const flower = { sepal_length: 5.1, sepal_width: 3.5, petal_length: 1.4, petal_width: 0.2 };

  it("trains the model onto the volume", async () => {
    expect(await logOf(course, "iris-train-job")).to.match(/accuracy/);
  });

  it("answers on the node's port", async () => {
    const health = await course.callNode(30080, "/health");
    expect(health.status).to.equal(200);
    expect(JSON.parse(health.text)).to.include({ status: "healthy", model: "iris" });
    const answer = await course.callNode(30080, "/predict", { headers, body: flower });
    expect(JSON.parse(answer.text)).to.deep.equal({ species_index: 0, species_name: "setosa" });
    expect((await course.callNode(30080, "/predict", { body: flower })).status).to.equal(401);
  });

  it("serves its interactive documentation", async () => {
    const docs = await course.callNode(30080, "/docs", { headers });
    expect(docs.status).to.equal(200);
    expect(docs.text).to.match(/swagger/i);
    const openapi = await course.callNode(30080, "/openapi.json", { headers });
    expect(Object.keys(JSON.parse(openapi.text).paths)).to.include("/predict");
  });

  it("scores a batch of five rows with the model on the volume, in a run started by hand", async () => {
    const log = await runByHand(course, "iris-batch-predict", "batch-by-hand");
    expect(log).to.match(/5/);
    expect(log.match(/species|class|setosa|versicolor|virginica/gi)?.length).to.be.at.least(5);
  });

  it("takes its settings from a ConfigMap and a Secret", async () => {
    const [deployment] = await course.get("deployment", "iris-api");
    const [container] = (deployment && valueAt(deployment, "spec.template.spec.containers")) as { envFrom: unknown }[];
    expect(container?.envFrom).to.deep.equal([
      { configMapRef: { name: "iris-api-config" } },
      { secretRef: { name: "iris-api-secret" } },
    ]);
  });

  it("restarts without interruption, and can be inspected", async () => {
    await course.kubectl("rollout", "restart", "deployment/iris-api");
    await course.rolledOut("iris-api");
    await readyPodsAre(course, "app=iris-api", 2);
    expect(await course.kubectl("logs", "deployment/iris-api")).to.match(/"model":"iris"|iris/);
    expect(await course.kubectl("exec", "deployment/iris-api", "--", "cat", "/models/registry/models.json")).to.match(
      /"iris"/,
    );
  });

  it("has an autoscaler for 2 to 5 pods that receives its metric", async () => {
    await eventually("metric of iris-api-hpa", async () => {
      const [autoscaler] = await course.get("hpa", "iris-api-hpa");
      const metrics = ((autoscaler && valueAt(autoscaler, "status.currentMetrics")) ?? []) as {
        resource?: { current: { averageUtilization?: number } };
      }[];
      return metrics.some(({ resource }) => resource?.current.averageUtilization !== undefined) ? true : undefined;
    });
  });

  it("leaves its GPU Job pending if there is no GPU", async () => {
    const [pod] = await course.get("pods", "--selector=job-name=gpu-train-job");
    expect(pod && valueAt(pod, "status.phase")).to.equal("Pending");
  });
});
