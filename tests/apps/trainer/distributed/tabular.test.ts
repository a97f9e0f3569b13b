import { readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "chai";
import { CUSTOMERS } from "../../../../apps/trainer/data/generate-customers.ts";
import { VolumeWorkerGroup } from "../../../../apps/trainer/distributed/volume-worker-group.ts";
import { tabular } from "../../../../apps/trainer/tasks/tabular.ts";
import { temporaryDirectory } from "../support.ts";

const log = { event: () => undefined };

describe("distributed training of tabular models", function () {
  this.timeout(300_000);
  let models: string;
  let file: string;
  before(async () => {
    models = await temporaryDirectory();
    file = path.join(models, "customers.csv");
    await writeFile(file, (await readFile(CUSTOMERS, "utf8")).split("\n").slice(0, 400).join("\n"));
  });
  after(() => rm(models, { recursive: true, force: true }));

  /** Trains the same model with one worker, and with three workers that share a volume; returns the results of all. */
  async function both(run: string, given: Record<string, unknown>) {
    const parameters = tabular.parameters.parse(given);
    const training = { parameters, seed: 11, file, log };
    const plan = { task: "tabular", model: "churn", version: "next", parameters: {}, seed: 11, workers: 3 };
    const together = [2, 0, 1].map(async (worker) => {
      const group = await VolumeWorkerGroup.join({
        models,
        run,
        worker,
        plan,
        workerTimeoutMs: 300_000,
        computeMissing: false,
        log,
      });
      try {
        return await tabular.train({ ...training, workers: group });
      } finally {
        group.leave();
      }
    });
    return { one: await tabular.train(training), many: await Promise.all(together) };
  }

  it("gives a bit-identical forest", async () => {
    const { one, many } = await both("forest", { n_estimators: 7, max_depth: 6 });
    for (const { graph } of many) expect(Buffer.from(graph).equals(one.graph)).to.equal(true);
  });

  for (const [kind, target] of [
    ["logistic regression", {}],
    ["ridge regression", { target: "months" }],
  ] as const) {
    it(`gives the same ${kind}, and bit-identical results for all workers`, async () => {
      const { one, many } = await both(kind.slice(0, 5), { algorithm: "linear", ...target });
      for (const [metric, value] of Object.entries(one.metrics)) {
        expect(many[0]?.metrics[metric], metric).to.be.closeTo(value, 0.005 * Math.max(1, Math.abs(value)));
      }
      for (const { graph } of many) expect(Buffer.from(graph).equals(many[0]?.graph ?? graph)).to.equal(true);
    });
  }
});
