import { mkdir, readdir, rm, utimes, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "chai";
import { listVersions, readMetadata } from "../../../../apps/registry/index.ts";
import { artifactHash, fileAppears, startTrainer } from "../distributed-support.ts";
import { temporaryDirectory, trainer } from "../support.ts";

/** A small forest whose number of trees is not divisible by three. */
const FOREST = ["--task", "timeseries", "--model", "forest", "--param", "n_estimators=8", "steps=300", "lags=6"];

describe("distributed training", function () {
  this.timeout(300_000);
  let models: string;
  /** SHA-256 of the forest that one process trains. */
  let alone: string;

  before(async () => {
    const folder = await temporaryDirectory();
    await trainer(["train", "--models", folder, ...FOREST]);
    alone = await artifactHash(folder, "forest", "1");
    await rm(folder, { recursive: true, force: true });
  });
  beforeEach(async () => {
    models = await temporaryDirectory();
  });
  afterEach(() => rm(models, { recursive: true, force: true }));

  const start = (worker: number, ...args: string[]) =>
    startTrainer(["train", "--models", models, ...FOREST, "--workers", "3", "--run", "r1", ...args], {
      JOB_COMPLETION_INDEX: String(worker),
    });
  const inRun = (...names: string[]) => path.join(models, ".runs", "forest", "r1", ...names);

  /** Checks that the run has published version 1, identical to that of one process, and left no files. */
  async function expectOneForest(): Promise<void> {
    expect(await listVersions(models, "forest")).to.deep.equal(["1"]);
    expect(await artifactHash(models, "forest", "1")).to.equal(alone);
    expect((await readMetadata(models, "forest", "1")).run).to.deep.equal({ id: "r1", workers: 3 });
  }

  it("gives a bit-identical forest, in whatever order the workers run", async () => {
    const last = start(2);
    await fileAppears(inRun("measure.2"), last);
    const first = start(0);
    await fileAppears(inRun("measure.0"), first);
    const ends = await Promise.all([first.end, start(1).end, last.end]);
    expect(ends.map(({ errors }) => errors).join("")).to.equal("");
    expect(ends.map(({ code }) => code)).to.deep.equal([0, 0, 0]);
    expect(ends[0]?.output).to.match(/^forest version 1 published\n/);
    // A slow worker may find the run finished, and then reports the version.
    expect(ends[2]?.output).to.match(/^(run r1: the share of worker 2 is done|forest version 1 published)\n/);
    await expectOneForest();
    expect(await readdir(inRun())).to.deep.equal(["published.json"]);
  });

  it("gives the same forest if workers are killed and restarted", async () => {
    const killed = start(1);
    await fileAppears(inRun("measure.1"), killed);
    killed.kill();
    const early = start(2);
    await fileAppears(inRun("worker-2.json"), early);
    early.kill();
    await Promise.all([killed.end, early.end]);
    const others = [start(1), start(2)];
    const leader = start(0);
    await fileAppears(inRun("measure.merged"), leader);
    leader.kill();
    await leader.end;
    const ends = await Promise.all([start(0).end, ...others.map(({ end }) => end)]);
    expect(ends.map(({ errors }) => errors).join("")).to.equal("");
    expect(ends.map(({ code }) => code)).to.deep.equal([0, 0, 0]);
    await expectOneForest();
  });

  it("publishes one version, even if worker 0 is killed after publishing or runs twice", async () => {
    const others = [start(1), start(2)];
    const twice = await Promise.all([start(0).end, start(0).end]);
    for (const { code, errors } of twice) expect([code, errors]).to.deep.equal([0, ""]);
    await Promise.all(others.map(({ end }) => end));
    await expectOneForest();
    // As if worker 0 had been killed before it could tell the others.
    await rm(inRun(), { recursive: true });
    const again = await start(0).end;
    expect(again.output).to.match(/^forest version 1 published\n/);
    // A worker that is restarted after the run has finished.
    expect((await start(2).end).code).to.equal(0);
    await expectOneForest();
  });

  it("computes a damaged share again", async () => {
    await mkdir(inRun(), { recursive: true });
    await writeFile(inRun("measure.1"), "damaged by a power failure");
    await Promise.all([0, 1, 2].map((worker) => start(worker).end));
    await expectOneForest();
  });

  it("fails if a worker never starts, in one line that names it", async () => {
    const other = start(1);
    await fileAppears(inRun("measure.1"), other);
    const { code, errors, output } = await start(0, "--worker-timeout", "1").end;
    expect({ code, output }).to.deep.equal({ code: 1, output: "" });
    expect(errors).to.equal(
      "error: run r1: worker 2 has sent no heartbeat for 1 s (3 workers, step measure); find out why the pod does not run, or finish the run with merge --run r1 --model forest\n",
    );
    expect(await listVersions(models, "forest")).to.deep.equal([]);
    other.kill();
    await other.end;
  });

  it("accepts --patience, the old name of --worker-timeout, with a warning", async () => {
    const args = ["train", "--models", models, ...FOREST, "--workers=1", "--run=r1", "--worker=0", "--patience=5"];
    expect(await trainer(args)).to.include({
      code: 0,
      errors: "warning: --patience is now --worker-timeout; the old name will be removed\n",
    });
  });

  it("can be finished by hand, whichever part is missing", async () => {
    const worker = start(1);
    await fileAppears(inRun("measure.1"), worker);
    worker.kill();
    await worker.end;
    const merge = ["merge", "--models", models, "--model", "forest", "--run", "r1"];
    const merged = await trainer(merge);
    expect(merged).to.include({ code: 0, errors: "" });
    await expectOneForest();
    // A second run only reports the version.
    expect(await trainer(merge)).to.deep.include({ code: 0, output: merged.output });
    await expectOneForest();
    const unknown = await trainer(["merge", "--models", models, "--model", "forest", "--run", "r2"]);
    expect(unknown.errors).to.equal(
      `error: there is no run r2 of model forest on ${models}: no worker has written anything there\n`,
    );
  });

  it("rejects workers that were started with different settings", async () => {
    const first = start(1);
    await fileAppears(inRun("worker-1.json"), first);
    const { code, errors } = await start(0, "--seed", "7").end;
    first.kill();
    await first.end;
    expect(code).to.equal(1);
    expect(errors).to.equal(
      "error: run r1: this worker was started with seed 7, worker 1 with 42; start all workers with the same settings, or give a new --run\n",
    );
  });

  it("removes abandoned runs, and keeps other active runs", async () => {
    const runs = path.dirname(inRun());
    const hourAgo = new Date(Date.now() - 3_600_000);
    for (const run of ["old", "new"]) {
      await mkdir(path.join(runs, run), { recursive: true });
      await writeFile(path.join(runs, run, "worker-0.json"), "{}");
    }
    await utimes(path.join(runs, "old", "worker-0.json"), hourAgo, hourAgo);
    await utimes(path.join(runs, "old"), hourAgo, hourAgo);
    await Promise.all([0, 1, 2].map((worker) => start(worker).end));
    expect((await readdir(runs)).sort()).to.deep.equal(["new", "r1"]);
  });

  it("reports missing options", async () => {
    const common = ["train", "--models", models, ...FOREST];
    const refusals: [string[], string][] = [
      [["--workers", "3"], "--workers needs --run ID, the same for all workers of a run and for no other run"],
      [["--workers", "3", "--run", "r1"], "--workers needs --worker NUMBER, or JOB_COMPLETION_INDEX from the Job"],
      [["--workers", "3", "--run", "r1", "--worker", "3"], "worker 3 of 3: workers are numbered from 0 to 2"],
      [
        ["--workers", "3", "--run", "a/b", "--worker", "0"],
        "--run a/b: must be at most 63 letters, digits, '-', '_' and '.', such as train-7",
      ],
    ];
    for (const [args, message] of refusals) {
      expect(await trainer([...common, ...args])).to.include({ code: 1, errors: `error: ${message}\n` });
    }
    expect(await readdir(models)).to.deep.equal([]);
  });
});
