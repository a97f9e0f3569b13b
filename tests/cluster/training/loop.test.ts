import { expect } from "chai";
import { parse } from "yaml";
import { type Cluster, devCluster, NAMESPACE, predict, status } from "../support/cluster.ts";
import { runByHand, runInstead } from "../support/jobs.ts";
import { deploy, devStackChanged } from "../support/stacks.ts";
import { underLoad } from "../support/under-load.ts";
import { eventually, gone } from "../support/wait.ts";

const MODEL = "sentiment-classifier";
const CRON_JOB = "retrain-on-new-data";

/** Scheduled training whose schedule is never due during a test. */
const cronJob = {
  name: CRON_JOB,
  schedule: "0 3 1 1 *",
  task: "sentiment",
  model: MODEL,
  data: "reviews.csv",
  whenNewData: true,
  resources: { requests: { cpu: "100m", memory: "256Mi" }, limits: { cpu: "2", memory: "1Gi" } },
};

const JOBS = ["retrain-without-data", "drop-data", "retrain-with-data", "show-lineage", "retrain-once-more"];

type Settings = Record<string, unknown> & { training: object; models: readonly Record<string, unknown>[] };
type Version = Readonly<Record<string, unknown>>;

/** The dev stack with the CronJob, and with these versions and this traffic of the sentiment classifier. */
function withClassifier(settings: Record<string, unknown>, change: (model: Record<string, unknown>) => object) {
  const { training, models, ...others } = settings as Settings;
  return {
    ...others,
    training: { ...training, cronJobs: [cronJob] },
    models: models.map((model) => (model["model"] === MODEL ? { ...model, ...change(model) } : model)),
  };
}

describe("the cycle from new data to served predictions", function () {
  this.timeout(400_000);
  let cluster: Cluster;
  /** The version trained on the new data, as in the stack file. */
  let version: Version & { readonly version: string };

  before(async function () {
    this.timeout(60 * 60_000);
    cluster = await devCluster();
  });
  after(async () => {
    await deploy();
    await cluster.kubectl.run(["delete", "jobs", "--ignore-not-found", `--namespace=${NAMESPACE}`, ...JOBS]);
  });

  const registry = async () => {
    const answer = await fetch(new URL("/models", cluster.gatewayUrl), { headers: { "x-api-key": cluster.apiKey } });
    const { models } = (await answer.json()) as { models: { name: string; versions: string[]; latest: string }[] };
    const model = models.find(({ name }) => name === MODEL);
    if (model === undefined) throw new Error("the registry does not know the model");
    return model;
  };
  const served = async () => {
    const model = (await status()).models.find(({ name }) => name === MODEL);
    return Object.fromEntries((model?.versions ?? []).map(({ version, weight }) => [version, weight]));
  };
  const deployLoop = async (canaryWeight: number, change: (model: Record<string, unknown>) => object) =>
    deploy(...(await devStackChanged(cluster, (all) => ({ ...withClassifier(all, change), canaryWeight }))));

  it("trains nothing without new data", async () => {
    await deployLoop(25, () => ({}));
    const before = await registry();
    expect(await runByHand(cluster, CRON_JOB, "retrain-without-data")).to.match(/no new data/);
    expect(await registry()).to.deep.equal(before);
  });

  it("publishes a version with its lineage once new data has arrived and the CronJob is run by hand", async () => {
    const before = await registry();
    await runInstead(cluster, CRON_JOB, "drop-data", ["node", "-e", DROP]);
    const log = await runByHand(cluster, CRON_JOB, "retrain-with-data");
    expect(log).to.match(/new_data_available removed/);
    const { versions } = await registry();
    expect(versions)
      .to.have.length(before.versions.length + 1)
      .and.to.include.members(before.versions);
    const command = ["node", "apps/trainer/main.ts", "lineage", `--model=${MODEL}`];
    const printed = await runInstead(cluster, CRON_JOB, "show-lineage", command);
    expect(printed).to.match(/data +reviews\.csv, 8213 rows, sha256 [0-9a-f]{64}/);
    expect(printed).to.match(/job +ml-dev\/retrain-with-data/);
    [version] = parse(printed.slice(printed.indexOf("# In the stack file")));
    expect(version.version).to.equal(versions.at(-1));
    expect(version["lineage"]).to.include.keys("commit", "trainedDate", "artifact", "data", "image", "parent");
    expect(await runByHand(cluster, CRON_JOB, "retrain-once-more")).to.match(/no new data/);
  });

  it("sends the new version a tenth of the requests, then all, and removes the old versions: no request fails", async () => {
    // The new version may be slightly worse on its own held-out rows.
    const accepted = Reflect.has(version["lineage"] as object, "regression") ? { allowRegression: "newer data" } : {};
    const added = { ...version, ...accepted, name: "model-new", service: { name: "model-new-service" }, replicas: 1 };
    const traffic = { name: MODEL, canaryHeader: { name: "X-Model-Version", value: "new" } };
    const answers = await underLoad(cluster, async (load) => {
      await deployLoop(10, ({ versions }) => ({
        versions: [...(versions as object[]), added],
        traffic: { ...traffic, stable: "1", canary: version.version },
      }));
      await load.more(1000);
      expect(await served()).to.deep.equal({ 1: 90, 2: 0, [version.version]: 10 });
      await deployLoop(100, ({ versions }) => ({
        versions: [...(versions as object[]), added],
        traffic: { ...traffic, stable: "1", canary: version.version },
      }));
      await load.more(500);
      const changes = await deployLoop(0, () => ({
        versions: [{ ...added, replicas: 2 }],
        traffic: { name: MODEL, stable: version.version },
      }));
      expect(changes).to.include.members(["- Deployment model-v1", "- Deployment model-v2"]);
      for (const old of ["v1", "v2"])
        await gone(cluster, "pods", `--namespace=${NAMESPACE}`, `--selector=app=ml-model,version=${old}`);
    });
    expect(answers[version.version]).to.be.above(0);
    expect(answers["1"]).to.be.above(0);
    expect(await served()).to.deep.equal({ [version.version]: 100 });
  });

  it("then answers from the new version only", async () => {
    const { status: code, body } = await predict(cluster, { text: "The frobnicator is superb" });
    expect(code).to.equal(200);
    expect(body).to.include({ version: version.version, sentiment: "positive" });
  });

  it("can return to the previous versions, which are still in the registry", async () => {
    const answers = await underLoad(cluster, async () => void (await deploy()));
    expect(answers[version.version]).to.be.above(0);
    await eventually("answer of version 1", async () => {
      const { body } = await predict(cluster, { text: "Never again" });
      return body["version"] === "1" ? body : undefined;
    });
  });
});

/** Script that runs in a pod: writes the sample data and two more lines to the data volume, and marks them as new. */
const DROP = `
const fs = require("node:fs");
const sample = fs.readFileSync("apps/trainer/data/sentiment.csv", "utf8").trimEnd();
const lines = ["The frobnicator is superb,positive,new-1", "The frobnicator is dreadful,negative,new-2"];
fs.writeFileSync("/data/reviews.csv", [sample, ...lines].join("\\n") + "\\n");
fs.writeFileSync("/data/new_data_available", "");
`;
