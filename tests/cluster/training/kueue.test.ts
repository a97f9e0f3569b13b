import path from "node:path";
import { expect } from "chai";
import { execa } from "execa";
import { nodePaths } from "../../../cluster/node/layout.ts";
import { runningNode } from "../../../cluster/node/record.ts";
import { condition, valueAt } from "../../../engine/status/fields.ts";
import { onRequest } from "../../support/needs.ts";
import { configFiles, getIn, platform } from "../byo/stack.ts";
import { type Cluster, NAMESPACE as DEV, destroyStack, devCluster, repository, status } from "../support/cluster.ts";
import { CLUSTER_QUEUE, FLAVOR_LABEL, installKueue } from "../support/kueue.ts";
import { deploy } from "../support/stacks.ts";
import { eventually } from "../support/wait.ts";

const STACK = "kueue";
const NAMESPACE = "ml-kueue";
const QUEUE = "team-vision";

/** Room for one of the Jobs, but not for two. */
const QUOTA = { cpu: "150m", memory: "1Gi" };
const REQUEST = "100m";

/** A Job that runs until the test has it finish. */
const job = (name: string, image: string, settings: string) => `
      - name: ${name}
        image: ${image}
        command: [node, -e, "setInterval(() => require('node:fs').existsSync('/models/finish-${name}') && process.exit(), 200)"]
        resources: { requests: { cpu: ${REQUEST}, memory: 128Mi }, limits: { cpu: ${REQUEST}, memory: 256Mi } }
        ${settings}`;

/** The stack with its queue. */
const stack = (...jobs: readonly string[]) => `config:
  ml-platform:training:
    jobs:${jobs.join("")}
    cronJobs:
      - name: nightly
        task: half_plus_two
        model: nightly
        schedule: "0 2 * * *"
        suspend: true
        queue: ${QUEUE}
        resources: { requests: { cpu: ${REQUEST}, memory: 128Mi }, limits: { cpu: "1", memory: 512Mi } }
  ml-platform:extraObjects:
    - apiVersion: kueue.x-k8s.io/v1beta2
      kind: LocalQueue
      metadata: { name: ${QUEUE} }
      spec: { clusterQueue: ${CLUSTER_QUEUE} }
`;

describe("Jobs in a queue of Kueue on the embedded cluster", function () {
  this.timeout(400_000);
  let cluster: Cluster;
  let image: string;
  let removeKueue: (() => Promise<void>) | undefined;
  let [running, waiting] = ["", ""];

  before(async function () {
    onRequest(this, "KUEUE", "needs Kueue, which takes minutes to build");
    this.timeout(60 * 60_000);
    cluster = await devCluster();
    const node = await runningNode(nodePaths(path.join(cluster.folder, "state")));
    if (node === undefined) throw new Error("the node is not running");
    removeKueue = await installKueue(cluster.kubectl, node.init, QUOTA);
    const [server] = await cluster.kubectl.get(["deployment", "model-v1", `--namespace=${DEV}`]);
    image = String(server && valueAt(server, "spec.template.spec.containers.0.image"));
  });
  after(async () => {
    if (removeKueue === undefined) return;
    await destroyStack(STACK);
    await removeKueue();
  });

  const get = (...args: string[]) => getIn(cluster, NAMESPACE)(...args);
  const up = async (...jobs: string[]) =>
    deploy("--stack", STACK, ...(await configFiles(cluster, platform(NAMESPACE), stack(...jobs))));
  const both = (queue = QUEUE) => ["one", "two"].map((name) => job(name, image, `queue: ${queue}`));
  const jobNamed = async (name: string) => {
    const [found] = await get("job", name);
    if (found === undefined) throw new Error(`there is no Job ${name}`);
    return found;
  };
  const isSuspended = async (name: string) => valueAt(await jobNamed(name), "spec.suspend") === true;
  const isComplete = async (name: string) =>
    condition(await jobNamed(name), "Complete")?.status === "True" ? true : undefined;
  const hasPod = async (name: string) => (valueAt(await jobNamed(name), "status.ready") === 1 ? true : undefined);
  const problems = async () => (await status()).problems.filter(({ namespace }) => namespace === NAMESPACE);
  const drift = () =>
    execa(process.execPath, [path.join(repository, "engine/drift/cli.ts"), "--stack", STACK, "--json"], {
      cwd: repository,
      env: { ML_PLATFORM_STATE: path.join(cluster.folder, "state") },
      reject: false,
      all: true,
    });
  /** Lets a Job finish, by a file in the volume that it looks for. The container may end before the command in it does. */
  const finish = (name: string) =>
    cluster.kubectl
      .run([
        ...["exec", `--namespace=${NAMESPACE}`, `job/${name}`, "--", "node", "-e"],
        `require("node:fs").writeFileSync("/models/finish-${name}", "")`,
      ])
      .catch(() => undefined);

  it("are admitted as far as the quota has room, and the deployment waits for none of them", async () => {
    expect(await up(...both())).to.include.members(["+ Job one", "+ Job two", `+ LocalQueue ${QUEUE}`]);
    [running, waiting] = await eventually("a Job that is admitted", async () => {
      const suspended = { one: await isSuspended("one"), two: await isSuspended("two") };
      if (suspended.one === suspended.two) return undefined;
      return suspended.one ? (["two", "one"] as const) : (["one", "two"] as const);
    });
    await eventually("pod of the admitted Job", () => hasPod(running));
    expect(valueAt(await jobNamed(waiting), "status.active") ?? 0).to.equal(0);
  });

  it("say in status why they wait, and what to do", async () => {
    const [problem, ...others] = await eventually("Kueue's reason", async () => {
      const found = await problems();
      return found.some(({ what }) => what.includes("quota")) ? found : undefined;
    });
    expect(others).to.deep.equal([]);
    expect(problem).to.deep.include({
      object: `Job ${waiting}`,
      what: `waits in queue ${QUEUE}: couldn't assign flavors to pod set main: insufficient unused quota for cpu in flavor any-node, 50m more needed`,
      remedy:
        "wait for the Jobs before it, raise the quota of the queue's ClusterQueue, or lower its requests and raise run",
    });
  });

  it("have not drifted by what Kueue changes, and another deployment changes nothing", async () => {
    const admitted = await jobNamed(running);
    expect(valueAt(admitted, "spec.template.spec.nodeSelector")).to.deep.equal({ [FLAVOR_LABEL]: "linux" });
    const { exitCode, all } = await drift();
    expect(exitCode, all).to.equal(0);
    expect(await up(...both())).to.deep.equal([]);
    const after = await jobNamed(running);
    expect(after["spec"]).to.deep.equal(admitted["spec"]);
    expect(await isSuspended(waiting)).to.equal(true);
  });

  it("are admitted once the Jobs before them have ended", async () => {
    await finish(running);
    await eventually(`end of ${running}`, () => isComplete(running));
    await eventually(`pod of ${waiting}`, () => hasPod(waiting));
    expect(await problems()).to.deep.equal([]);
    await finish(waiting);
    await eventually(`end of ${waiting}`, () => isComplete(waiting));
  });

  it("are left alone in another queue, or without one", async () => {
    expect(await up(...both("elsewhere"))).to.deep.equal([]);
    // Only the annotation by which the engine does not wait for them goes.
    const without = ["one", "two"].map((name) => job(name, image, "backoffLimit: 1"));
    expect(await up(...without)).to.have.members([
      "~ Job one (metadata.annotations)",
      "~ Job two (metadata.annotations)",
    ]);
    expect((await jobNamed("one")).metadata.labels).to.include({ "kueue.x-k8s.io/queue-name": QUEUE });
  });

  it("of a CronJob are admitted too", async () => {
    await cluster.kubectl.run(["create", "job", "by-hand", "--from=cronjob/nightly", `--namespace=${NAMESPACE}`]);
    const [workload] = await eventually("Kueue's record of the Job", async () => {
      const found = (await get("workloads.kueue.x-k8s.io")).filter(({ metadata }) =>
        metadata.ownerReferences?.some(({ name }) => name === "by-hand"),
      );
      return found.length > 0 ? found : undefined;
    });
    expect(workload && valueAt(workload, "spec.queueName")).to.equal(QUEUE);
    await eventually("end of the Job", () => isComplete("by-hand"));
  });
});
