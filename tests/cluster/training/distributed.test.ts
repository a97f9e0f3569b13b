import { rm } from "node:fs/promises";
import { expect } from "chai";
import { waitFor } from "../../../common/wait.ts";
import { artifactHash } from "../../apps/trainer/distributed-support.ts";
import { temporaryDirectory, trainer } from "../../apps/trainer/support.ts";
import { type Cluster, devCluster, NAMESPACE, stackFile, startLocal } from "../support/cluster.ts";

/** A forest that takes three workers long enough that one can be killed in the meantime. */
const PARAMETERS = { n_estimators: 240, steps: 3000 };
const JOB = `
      - name: train-together
        task: timeseries
        model: forest
        workers: 3
        seed: 7
        parameters: ${JSON.stringify(PARAMETERS)}
        resources:
          requests: { cpu: 50m, memory: 128Mi }
          limits: { cpu: "1", memory: 512Mi }`;

describe("distributed training on the embedded cluster", function () {
  this.timeout(15 * 60_000);
  let cluster: Cluster;
  before(async function () {
    // On a new machine this builds Kubernetes and everything else from source.
    this.timeout(60 * 60_000);
    cluster = await devCluster();
  });

  const kubectl = (...args: string[]) => cluster.kubectl.run([`--namespace=${NAMESPACE}`, ...args]);
  const worker = (index: number) => `--selector=batch.kubernetes.io/job-completion-index=${index}`;
  const pods = (index: number) => cluster.kubectl.get(["pods", `--namespace=${NAMESPACE}`, worker(index)]);

  /** The uid of the worker's pod that is growing trees. */
  async function growing(index: number): Promise<string> {
    const look = async () => {
      const [pod] = await pods(index);
      const log = pod && (await kubectl("logs", pod.metadata.name).catch(() => ""));
      return log?.includes('"event":"trees"') ? pod?.metadata.uid : undefined;
    };
    return (await waitFor(look, { interval: 200 })) ?? "";
  }

  it("trains the same forest as a single process, even if a worker's pod is killed in the meantime", async () => {
    const file = await stackFile((text) => text.replace(/\n {2}ml-platform:training:\n {4}jobs:/, `$&${JOB}`));
    const up = startLocal("up", "--config-file", file);
    const killed = await Promise.race([growing(1), up.then(({ all }) => expect.fail(`up ended first:\n${all}`))]);
    await kubectl("delete", "pod", worker(1), "--grace-period=0", "--force");
    const { exitCode, all } = await up;
    expect(exitCode, all).to.equal(0);
    await kubectl("wait", "--for=condition=complete", "--timeout=600s", "job/train-together");
    const uids = (await pods(1)).map(({ metadata }) => metadata.uid);
    expect(uids, "another pod has done the killed one's share").to.have.length(1).and.not.include(killed);

    const [server = ""] = (await kubectl("get", "pods", "--selector=component=model-server", "--output=name")).split(
      "\n",
    );
    const read = (place: string) => kubectl("exec", server, "--", "cat", `/models/${place}`);
    const index = JSON.parse(await read("registry/models.json"));
    expect(index.models.find(({ name }: { name: string }) => name === "forest")).to.deep.equal({
      name: "forest",
      versions: ["1"],
      latest: "1",
    });
    const metadata = JSON.parse(await read("forest/1/metadata.json"));
    expect(metadata.run.workers).to.equal(3);
    expect(metadata.job).to.include({ namespace: NAMESPACE, name: "train-together" });
    expect(metadata.image).to.match(/\/trainer:/);

    const alone = await temporaryDirectory();
    const parameters = Object.entries(PARAMETERS).map(([name, value]) => `${name}=${value}`);
    const training = ["train", "--task", "timeseries", "--model", "forest", "--seed", "7", "--param", ...parameters];
    expect(await trainer([...training, "--models", alone])).to.include({ code: 0, errors: "" });
    expect(metadata.artifact.sha256).to.equal(await artifactHash(alone, "forest", "1"));
    await rm(alone, { recursive: true, force: true });
  });
});
