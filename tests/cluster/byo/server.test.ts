import { request } from "node:http";
import { expect } from "chai";
import { valueAt } from "../../../engine/status/fields.ts";
import { type Cluster, destroyStack, devCluster, status } from "../support/cluster.ts";
import { deploy } from "../support/stacks.ts";
import { eventually } from "../support/wait.ts";
import { type EventStream, openEvents } from "./events.ts";
import { pythonImage } from "./python.ts";
import { configFiles, getIn, hatch, ownServer, platform } from "./stack.ts";

const STACK = "byo";
const NAMESPACE = "ml-byo";

/** Longer than the 60 seconds after which the gateway ends a request that is still being read. */
const STREAM_SECONDS = 65;

interface Answer {
  readonly predictions: readonly number[];
  readonly version: string;
  /** Set by the other team's server only. */
  readonly server?: string;
}

describe("another team's server in Python on the embedded cluster", function () {
  this.timeout(400_000);
  let cluster: Cluster;
  let image: string;
  let stream: EventStream;
  before(async function () {
    // On a new machine this builds Kubernetes and everything else from source, and an image of Debian packages.
    this.timeout(60 * 60_000);
    cluster = await devCluster();
    image = await pythonImage(cluster);
  });
  after(() => destroyStack(STACK));

  const get = (...args: string[]) => getIn(cluster, NAMESPACE)(...args);
  const up = async (...texts: string[]) => deploy("--stack", STACK, ...(await configFiles(cluster, ...texts)));

  /** Asks the route for a prediction, with another Host header, which `fetch` does not allow. */
  const ask = () =>
    new Promise<Answer>((resolve, reject) => {
      const url = new URL("/half/predict", cluster.gatewayUrl);
      const headers = { host: "byo.example.com", "content-type": "application/json" };
      const sent = request(url, { method: "POST", headers }, (response) => {
        let text = "";
        response.on("data", (chunk) => (text += chunk));
        response.on("error", reject);
        response.on("end", () =>
          response.statusCode === 200 ? resolve(JSON.parse(text)) : reject(new Error(`${response.statusCode} ${text}`)),
        );
      });
      sent.on("error", reject);
      sent.end(JSON.stringify({ instances: [1, 2, 5] }));
    });

  it("is served beside the project's own by fewer than fifteen lines", async () => {
    const lines = ownServer(image).trim().split("\n");
    expect(lines.length).to.be.below(15);
    const changes = await up(platform(NAMESPACE), ownServer(image));
    expect(changes.filter((line) => line.includes("Deployment"))).to.have.length(2);
    await eventually("answer of both servers", async () => {
      const answers = await Promise.all(Array.from({ length: 20 }, () => ask().catch(() => undefined)));
      const known = new Set(answers.map((answer) => answer?.version));
      return known.size === 2 && !known.has(undefined) ? true : undefined;
    });
  });

  it("sends events through the gateway as they happen", async () => {
    stream = await eventually("stream of events of version 2", () =>
      openEvents(cluster, "byo.example.com", `/half/events?seconds=${STREAM_SECONDS}`),
    );
    await eventually("first event", async () => stream.events[0]);
    expect(stream.events.length).to.be.below(STREAM_SECONDS);
  });

  it("gets its share of the requests, and gives the same answers", async () => {
    const answers: Answer[] = [];
    for (let sent = 0; sent < 500; sent += 20) answers.push(...(await Promise.all(Array.from({ length: 20 }, ask))));
    for (const { predictions } of answers) expect(predictions).to.deep.equal([2.5, 3, 4.5]);
    const theirs = answers.filter(({ server }) => server === "fastapi");
    for (const { version } of theirs) expect(version).to.equal("2");
    // The gateway follows the weight of 30 closely.
    expect(theirs.length).to.be.within(130, 170);
  });

  it("is scaled by an autoscaler that reads its CPU", async () => {
    await eventually("metric of the autoscaler", async () => {
      const [autoscaler] = await get("hpa");
      const conditions = ((autoscaler && valueAt(autoscaler, "status.conditions")) ?? []) as {
        type: string;
        status: string;
      }[];
      return conditions.find(({ type, status }) => type === "ScalingActive" && status === "True");
    });
  });

  it("is in status with its weight and its ready pods, without a problem", async () => {
    const { models, problems } = await status();
    const model = models.find(({ namespace }) => namespace === NAMESPACE);
    expect(model?.versions.map(({ version, weight }) => [version, weight])).to.deep.equal([
      ["1", 70],
      ["2", 30],
    ]);
    for (const { ready } of model?.versions ?? []) expect(ready).to.be.at.least(1);
    expect(problems.filter(({ namespace }) => namespace === NAMESPACE)).to.deep.equal([]);
  });

  it("gets all requests by its weight, and none", async () => {
    for (const [weight, servers] of [
      [100, ["fastapi"]],
      [0, [undefined]],
    ] as const) {
      await up(platform(NAMESPACE), ownServer(image).replace("canaryWeight: 30", `canaryWeight: ${weight}`));
      await eventually(`answers at a weight of ${weight}`, async () => {
        const answers = await Promise.all(Array.from({ length: 40 }, ask));
        return answers.every(({ server }) => servers.some((one) => one === server)) ? true : undefined;
      });
    }
  });

  it("may send events for longer than a request may last, while its weight changes", async () => {
    await stream.ended;
    expect(stream.events).to.deep.equal(Array.from({ length: STREAM_SECONDS }, (_, second) => `data: ${second}`));
  });

  it("has a sidecar, a mounted file, a patched route and an object of its own", async () => {
    await up(platform(NAMESPACE), ownServer(image), hatch(image));
    const selector = "--selector=app=half-plus-two,version=v2";
    const pod = await eventually("pod with two ready containers", async () => {
      const pods = await get("pods", selector);
      return pods.find((candidate) => {
        const statuses = (valueAt(candidate, "status.containerStatuses") ?? []) as { ready: boolean }[];
        return statuses.length === 2 && statuses.every(({ ready }) => ready);
      });
    });
    const place = [`--namespace=${NAMESPACE}`, pod.metadata.name];
    expect(await cluster.kubectl.run(["logs", ...place, "--container=watcher"])).to.equal("seen by the sidecar");
    const own = ["exec", ...place, "--container=model-server", "--", "cat", "/etc/half.conf"];
    expect(await cluster.kubectl.run(own)).to.equal("offset=2");
    const [route] = await get("httproutes.gateway.networking.k8s.io");
    expect(route?.metadata.annotations).to.include({ "team.example.com/owner": "risk" });
    const [extra] = await get("configmap", "watched");
    expect(extra?.metadata.labels).to.include({ "app.kubernetes.io/part-of": "ml-platform" });
    expect(await up(platform(NAMESPACE), ownServer(image), hatch(image))).to.deep.equal([]);
  });
});
