import path from "node:path";
import { expect } from "chai";
import { Kubectl, type LiveObject } from "../../cluster/kubectl.ts";
import { waitFor } from "../../common/wait.ts";
import { isController } from "../../engine/drift/field-owners.ts";
import { valueAt } from "../../engine/status/fields.ts";
import { stackStatus } from "../../engine/status/stack-status.ts";
import type { KubernetesObject } from "../../render/rendered.ts";
import { renderMany } from "../render/many/render-many.ts";
import { type ApiServer, startApiServer } from "../support/api-server/api-server.ts";
import { installKinds } from "../support/api-server/kinds.ts";
import { onRequest } from "../support/needs.ts";
import { ensureTool } from "../tools/index.ts";
import { type Kueue, startKueue } from "./manager.ts";

const QUEUE_LABEL = "kueue.x-k8s.io/queue-name";
const API_VERSION = "kueue.x-k8s.io/v1beta2";

/** Nodes of any kind, with room for one of the small Jobs. */
const QUEUES = [
  {
    ...{ apiVersion: API_VERSION, kind: "ResourceFlavor", metadata: { name: "any-node" } },
    spec: { nodeLabels: { "kubernetes.io/os": "linux" } },
  },
  {
    ...{ apiVersion: API_VERSION, kind: "ClusterQueue", metadata: { name: "shared" } },
    spec: {
      namespaceSelector: {},
      resourceGroups: [
        {
          coveredResources: ["cpu", "memory"],
          flavors: [
            {
              name: "any-node",
              resources: [
                { name: "cpu", nominalQuota: "150m" },
                { name: "memory", nominalQuota: "1Gi" },
              ],
            },
          ],
        },
      ],
    },
  },
];

const job = (name: string, queue: string, cpu: string) => ({
  ...{ name, queue, image: "own:1", command: ["train"] },
  resources: { requests: { cpu, memory: "128Mi" }, limits: { cpu, memory: "256Mi" } },
});

const STACK = {
  environment: "test",
  namespace: { name: "ml" },
  images: { inference: "i:1", trainer: "t:1" },
  storage: { models: { size: "1Gi" }, init: false },
  training: {
    jobs: [job("one", "team", "100m"), job("two", "team", "100m"), job("large", "team", "2"), job("lost", "gone", "1")],
  },
  extraObjects: [
    { apiVersion: API_VERSION, kind: "LocalQueue", metadata: { name: "team" }, spec: { clusterQueue: "shared" } },
  ],
};

describe("Jobs in a queue of Kueue", function () {
  this.timeout(60 * 60_000);
  let server: ApiServer | undefined;
  let kueue: Kueue | undefined;
  let kubectl: Kubectl;

  before(async function () {
    onRequest(this, "KUEUE", "needs Kueue, which takes minutes to build, and root");
    // Every address of this range is one of this machine's loopback interface.
    server = await startApiServer(() => {}, "127.97.0.0/16");
    kubectl = new Kubectl(path.join(await ensureTool("kubernetes"), "kubectl"), server.kubeconfig);
    await installKinds(server.client);
    kueue = await startKueue(kubectl);
    // Its webhooks answer once the API server knows their certificate.
    const created = await waitFor(() =>
      kubectl.onObjects(["apply"], QUEUES).then(
        () => true as const,
        () => undefined,
      ),
    );
    expect(created, "Kueue's webhooks answer").to.equal(true);
    for (const kind of ["Namespace", "LocalQueue", "Job"]) await apply(await objects(kind));
  });
  after(async () => {
    await kueue?.stop();
    await server?.stop();
  });

  const apply = (some: readonly KubernetesObject[]) =>
    kubectl.onObjects(["apply", "--server-side", "--field-manager=pulumi-kubernetes-1234abcd"], some);
  const jobs = async () => {
    const live = await kubectl.get(["jobs", "--namespace=ml", "--show-managed-fields"]);
    return new Map(live.map((one) => [one.metadata.name, one]));
  };
  const isSuspended = (live: LiveObject | undefined) => valueAt(live, "spec.suspend");
  const problems = async () =>
    new Map((await stackStatus(kubectl)).problems.map(({ object, what, remedy }) => [object, { what, remedy }]));
  /** The name of the small Job that runs, and that of the one that waits. */
  const runningAndWaiting = async () => {
    const live = await jobs();
    const [one, two] = [isSuspended(live.get("one")), isSuspended(live.get("two"))];
    if (one === two) return undefined;
    return one === true ? (["two", "one"] as const) : (["one", "two"] as const);
  };

  it("are admitted as far as the quota has room, and status says why the others wait", async () => {
    const [, waiting] = (await waitFor(runningAndWaiting)) ?? [];
    const found = await waitFor(async () => {
      const all = await problems();
      return all.size === 3 && [...all.values()].every(({ what }) => !what.includes("not looked")) ? all : undefined;
    });
    const flavor = "couldn't assign flavors to pod set main:";
    expect(Object.fromEntries(found ?? [])).to.deep.equal({
      [`Job ${waiting}`]: {
        what: `waits in queue team: ${flavor} insufficient unused quota for cpu in flavor any-node, 50m more needed`,
        remedy:
          "wait for the Jobs before it, raise the quota of the queue's ClusterQueue, or lower its requests and raise run",
      },
      "Job large": {
        what: `waits in queue team: ${flavor} insufficient quota for cpu in flavor any-node, previously considered podsets requests (0) + current podset request (2) > maximum capacity (150m)`,
        remedy:
          "it does not fit however long it waits: lower its requests and raise run, or change the queue's ClusterQueue",
      },
      "Job lost": {
        what: "waits in queue gone: LocalQueue gone doesn't exist",
        remedy: "create the LocalQueue gone and its ClusterQueue, or correct queue in the stack file and raise run",
      },
    });
  });

  it("keep what Kueue has changed if they are applied again, and it is no person's change", async () => {
    const [running = ""] = (await runningAndWaiting()) ?? [];
    const before = (await jobs()).get(running);
    expect(valueAt(before, "spec.template.spec.nodeSelector")).to.deep.equal({ "kubernetes.io/os": "linux" });
    const managers = valueAt(before, "metadata.managedFields") as readonly { manager: string }[];
    const others = managers.filter(({ manager }) => !manager.startsWith("pulumi-"));
    expect(others.length).to.be.above(0);
    for (const writer of others) expect(isController(writer), writer.manager).to.equal(true);
    await apply(await objects("Job"));
    expect((await jobs()).get(running)?.["spec"]).to.deep.equal(before?.["spec"]);
  });

  it("cannot change their queue once they run, and are admitted once those before them have ended", async () => {
    const [running = "", waiting = ""] = (await runningAndWaiting()) ?? [];
    const move = () =>
      kubectl.run(["label", "job", running, "--namespace=ml", "--overwrite", `${QUEUE_LABEL}=other`]).then(
        () => "moved",
        (error: unknown) => String(error),
      );
    expect(await move()).to.contain("field is immutable");
    // What the Job controller says of a Job that has succeeded.
    const time = new Date().toISOString().replace(/\.\d+/, "");
    const conditions = ["SuccessCriteriaMet", "Complete"].map((type) => ({ type, status: "True" }));
    const status = { startTime: time, completionTime: time, succeeded: 1, conditions, uncountedTerminatedPods: {} };
    const patch = ["--subresource=status", "--type=merge", `--patch=${JSON.stringify({ status })}`];
    await kubectl.run(["patch", "job", running, "--namespace=ml", ...patch]);
    await waitFor(async () => (isSuspended((await jobs()).get(waiting)) === false ? true : undefined));
    expect(isSuspended((await jobs()).get(waiting))).to.equal(false);
    expect([...(await problems()).keys()].toSorted()).to.deep.equal(["Job large", "Job lost"]);
    expect(await move()).to.contain("field is immutable");
  });
});

/** The stack's objects of a kind. */
async function objects(kind: string): Promise<readonly KubernetesObject[]> {
  for await (const rendering of renderMany([STACK])) {
    if ("error" in rendering) throw new Error(rendering.error);
    return rendering.objects.map(({ object }) => object).filter((object) => object.kind === kind);
  }
  return [];
}
