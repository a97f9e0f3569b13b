import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { valueAt } from "../../../engine/status/fields.ts";
import { eventually } from "../support/wait.ts";
import { type Answer, type Call, deployExample, type Example, readyPods, readyPodsAre } from "./example.ts";

describe("the example mlops-lab on the embedded cluster", function () {
  this.timeout(400_000);
  let lab: Example;
  let headers: Record<string, string>;
  before(async function () {
    this.timeout(60 * 60_000);
    lab = await deployExample("mlops-lab");
    headers = { "x-api-key": await lab.secret("api-credentials", "API_KEY") };
  });
  after(() => lab?.remove());

  const instances: Call = { body: { instances: [1, 2, 5] } };
  const predictions = { predictions: [2.5, 3, 4.5], model: "half_plus_two", version: "1" };
  const gateway = (path: string, call: Call = {}): Promise<Answer> =>
    lab.callNode(30080, path, { ...call, headers: { ...headers, ...call.headers } });

  it("answers health, status and predictions on the gateway's node port", async () => {
    expect((await gateway("/health")).text).to.equal("Gateway OK\n");
    expect((await gateway("/status")).text).to.match(/API Gateway v1\.0\nBackend: ml-inference-service:5000/);
    const answer = await gateway("/predict", instances);
    expect(answer.status, answer.text).to.equal(200);
    expect(JSON.parse(answer.text)).to.deep.equal(predictions);
  });

  it("requires the key in its Secret, for predictions only", async () => {
    expect((await lab.callNode(30080, "/predict", instances)).status).to.equal(401);
    expect((await lab.callNode(30080, "/health")).status).to.equal(200);
  });

  it("logs the request at the gateway and at the model's server", async () => {
    const id = "walkthrough-1";
    await gateway("/predict", { ...instances, headers: { "x-request-id": id } });
    await eventually("line of the gateway", async () =>
      /POST \/predict/.test(await lab.kubectl("logs", "--selector=app=api-gateway", "--tail=-1")) ? true : undefined,
    );
    await eventually("line of the server", async () =>
      (await lab.kubectl("logs", "--selector=app=ml-inference", "--tail=-1")).includes(id) ? true : undefined,
    );
  });

  it("is found from another pod by its short and its full name", async () => {
    for (const host of ["ml-inference-service", "ml-inference-service.mlops-lab.svc.cluster.local"]) {
      const answer = await lab.callFrom("php-apache", `http://${host}:5000/predict`, instances);
      expect(JSON.parse(answer.text)).to.deep.equal(predictions);
    }
    const search = await lab.kubectl("exec", "deployment/php-apache", "--", "cat", "/etc/resolv.conf");
    expect(search).to.contain("mlops-lab.svc.cluster.local");
  });

  it("takes its settings from both ConfigMaps", async () => {
    const names = await lab.kubectl(
      ...["get", "pod", "--selector=app=ml-inference"],
      "--output=jsonpath={.items[0].spec.containers[0].envFrom[*].configMapRef.name}",
    );
    expect(names).to.equal("shared-config ml-config");
    const environment = await lab.kubectl("exec", "deployment/ml-inference", "--", "env");
    expect(environment).to.match(/^ENVIRONMENT=development$/m);
    expect(environment).to.match(/^MAX_BATCH_SIZE=32$/m);
  });

  it("has generated secrets that authorized users can read", async () => {
    expect(await lab.secret("api-credentials", "JWT_SECRET")).to.match(/^[A-Za-z0-9]{48}$/);
    expect(await lab.secret("ml-registry-credentials", "REGISTRY_USER")).to.equal("mlops-user");
  });

  it("scales to four pods that share the requests, and back", async () => {
    await lab.kubectl("patch", "hpa", "ml-inference-hpa", "--type=merge", '--patch={"spec":{"minReplicas":4}}');
    await lab.kubectl("scale", "deployment/ml-inference", "--replicas=4");
    await eventually("4 ready pods", async () =>
      (await readyPods(lab, "app=ml-inference")).length >= 4 ? true : undefined,
    );
    for (let request = 0; request < 40; request += 1)
      expect((await gateway("/predict", instances)).status).to.equal(200);
    const served = await Promise.all(
      (await readyPods(lab, "app=ml-inference")).map(async ({ metadata }) => {
        const log = await lab.kubectl("logs", metadata.name, "--tail=-1");
        return log.includes("/predict");
      }),
    );
    expect(served.filter(Boolean).length).to.be.at.least(2);
    await lab.kubectl("patch", "hpa", "ml-inference-hpa", "--type=merge", '--patch={"spec":{"minReplicas":2}}');
    await lab.kubectl("scale", "deployment/ml-inference", "--replicas=3");
  });

  it("answers every request while a pod is deleted, and while it rolls", async () => {
    const failures: string[] = [];
    let stopped = false;
    const load = (async () => {
      while (!stopped) {
        const { status, text } = await gateway("/predict", instances).catch((error: Error) => ({
          status: 0,
          text: error.message,
        }));
        if (status !== 200) failures.push(`${status} ${text}`);
        await sleep(50);
      }
    })();
    try {
      const [pod] = await readyPods(lab, "app=ml-inference");
      await lab.kubectl("delete", "pod", pod?.metadata.name ?? "");
      await lab.rolledOut("ml-inference");
      await lab.kubectl("set", "env", "deployment/ml-inference", "LOG_LEVEL=debug");
      const cause = "kubernetes.io/change-cause=Log level debug (model v2)";
      await lab.kubectl("annotate", "deployment/ml-inference", cause, "--overwrite");
      await lab.rolledOut("ml-inference");
    } finally {
      stopped = true;
      await load;
    }
    expect(failures).to.deep.equal([]);
  });

  it("rolls back to the previous revision, and shows the change cause of each revision", async () => {
    const history = await lab.kubectl("rollout", "history", "deployment/ml-inference");
    expect(history).to.contain("Initial deployment - half_plus_two v1");
    expect(history).to.contain("Log level debug (model v2)");
    await lab.kubectl("rollout", "undo", "deployment/ml-inference");
    await lab.rolledOut("ml-inference");
    expect(await lab.kubectl("exec", "deployment/ml-inference", "--", "env")).to.match(/^LOG_LEVEL=info$/m);
  });

  it("adds pods to the autoscaling demonstration under load, and removes them afterwards", async () => {
    let stopped = false;
    const worker = async () => {
      // The load comes from a pod: the demonstration has no port on the node.
      while (!stopped) await lab.callFrom("ml-inference", "http://php-apache/load?ms=900").catch(() => undefined);
    };
    const workers = [worker(), worker()];
    try {
      await eventually("second pod of php-apache", async () => {
        const [deployment] = await lab.get("deployment", "php-apache");
        return Number(deployment && valueAt(deployment, "spec.replicas")) >= 2 ? true : undefined;
      });
    } finally {
      stopped = true;
      await Promise.all(workers);
    }
    await readyPodsAre(lab, "run=php-apache", 1);
  });
});
