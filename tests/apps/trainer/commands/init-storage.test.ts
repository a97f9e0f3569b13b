import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { execa } from "execa";
import { readIndex, readMetadata, verifyArtifact } from "../../../../apps/registry/index.ts";
import { temporaryName } from "../../../../apps/registry/owner.ts";
import { TASK_NAMES } from "../../../../apps/trainer/tasks/index.ts";
import { temporaryDirectory, trainer } from "../support.ts";

const MAIN = path.join(import.meta.dirname, "../../../../apps/trainer/main.ts");
const SPEC = JSON.stringify([
  { model: "sentiment-classifier", version: "1", task: "sentiment", parameters: { ngrams: 1 } },
  { model: "iris", version: "1", task: "iris" },
  { model: "half_plus_two", version: "3", task: "half_plus_two" },
]);

describe("init-storage", () => {
  let folder: string;
  let env: Record<string, string>;
  beforeEach(async () => {
    folder = await temporaryDirectory();
    env = { MODELS_DIR: path.join(folder, "models"), DATA_DIR: path.join(folder, "data"), STORAGE_SPEC: SPEC };
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const models = () => path.join(folder, "models");

  it("initializes both volumes, and changes nothing when run again", async () => {
    const first = await trainer(["init-storage"], { env });
    expect(first).to.include({ code: 0, errors: "" });
    expect(first.output).to.match(
      / {2}sentiment-classifier\n {4}1 {2}model\.onnx \d+ kB, accuracy 0\.\d{3} \(latest\)\n/,
    );
    expect((await readIndex(models())).models).to.deep.equal([
      { name: "half_plus_two", versions: ["3"], latest: "3" },
      { name: "iris", versions: ["1"], latest: "1" },
      { name: "sentiment-classifier", versions: ["1"], latest: "1" },
    ]);
    await writeFile(path.join(folder, "data", "iris.csv"), "my own");
    const before = await fingerprints();
    const second = await trainer(["init-storage"], { env });
    expect(second.output).to.include("iris version 1 exists already").and.include("iris.csv exists already");
    expect(second).to.include({ code: 0, errors: "" });
    expect(await fingerprints()).to.deep.equal(before);
    expect(await readFile(path.join(folder, "data", "iris.csv"), "utf8")).to.equal("my own");
  });

  it("trains a model of every task by default", async () => {
    const { STORAGE_SPEC: _, ...rest } = env;
    const run = await trainer(["init-storage"], { env: rest });
    expect(run).to.include({ code: 0, errors: "" });
    const { models: laidOut } = await readIndex(models());
    const tasks = await Promise.all(
      laidOut.map(async ({ name, latest }) => (await readMetadata(models(), name, latest)).task),
    );
    expect(tasks).to.have.members(TASK_NAMES);
    expect(laidOut.find(({ name }) => name === "sentiment-classifier")).to.include({ latest: "2" });
  });

  it("initializes only the models volume if there is no data volume", async () => {
    const spec = JSON.stringify([{ model: "half_plus_two", version: "1", task: "half_plus_two" }]);
    const run = await trainer(["init-storage", "--no-data", "--spec", spec], { env });
    expect(run).to.include({ code: 0, errors: "" });
    expect(await readdir(folder)).to.deep.equal(["models"]);
  });

  it("checks the complete specification before training", async () => {
    const wrong = async (spec: unknown, message: string) => {
      const run = await trainer(["init-storage", "--spec", typeof spec === "string" ? spec : JSON.stringify(spec)], {
        env,
      });
      expect(run).to.include({ code: 1, output: "", errors: `error: ${message}\n` });
      expect(await readdir(folder)).to.deep.equal([]);
    };
    const good = { model: "iris", version: "1", task: "iris" };
    await wrong(
      [good, { ...good, version: "1.0" }],
      'the storage specification: [1].version: must be a positive integer such as "2"',
    );
    await wrong(
      [good, { ...good, task: "poetry" }],
      "there is no task poetry; the tasks are sentiment, iris, timeseries, half_plus_two, tabular",
    );
    await wrong([{ ...good, verison: "2" }], 'the storage specification: [0]: Unrecognized key: "verison"');
    await wrong(
      [{ ...good, task: "sentiment", parameters: { ngrams: 9 } }],
      "parameter ngrams=9 of task sentiment: must be a whole number from 1 to 2",
    );
  });

  it("can be killed at any time, and finishes on the next run", async () => {
    for (const [signal, delay] of [
      ["SIGTERM", 500],
      ["SIGKILL", 900],
      ["SIGKILL", 1300],
    ] as const) {
      const child = spawn(process.execPath, [MAIN, "init-storage"], {
        env: { ...process.env, ...env, LOG_LEVEL: "silent" },
        stdio: "ignore",
      });
      const closed = once(child, "close");
      await sleep(delay);
      child.kill(signal);
      await closed;
    }
    expect(await trainer(["init-storage"], { env })).to.include({ code: 0, errors: "" });
    for (const { name, versions } of (await readIndex(models())).models) {
      for (const version of versions) await verifyArtifact(models(), await readMetadata(models(), name, version));
    }
    const names = await readdir(folder, { recursive: true });
    expect(names.filter((name) => name.includes(".tmp-") || name.endsWith(".lock"))).to.deep.equal([]);
  });

  it("removes what a process that was killed had begun to copy, but not what another one copies", async () => {
    const owner = JSON.stringify(path.join(path.dirname(MAIN), "../registry/owner.ts"));
    const script = `console.log((await import(${owner})).temporaryName(".tmp-", "iris.csv"))`;
    const { stdout: abandoned } = await execa(process.execPath, ["--input-type=module", "--eval", script]);
    const current = temporaryName(".tmp-", "iris.csv");
    const data = path.join(folder, "data");
    await mkdir(data);
    for (const name of [abandoned, current]) await writeFile(path.join(data, name), "1,2");
    expect(await trainer(["init-storage"], { env })).to.include({ code: 0, errors: "" });
    expect(await readdir(data))
      .to.include.members([current, "iris.csv"])
      .and.not.include(abandoned);
  });

  it("can run in two processes at the same time", async () => {
    const runs = await Promise.all([trainer(["init-storage"], { env }), trainer(["init-storage"], { env })]);
    for (const run of runs) expect(run).to.include({ code: 0, errors: "" });
    expect((await readIndex(models())).models).to.have.length(3);
  });

  /** Every file below the folder with its inode and modification time. */
  async function fingerprints(): Promise<string[]> {
    const names = (await readdir(folder, { recursive: true })).sort();
    const files = await Promise.all(names.map(async (name) => ({ name, found: await stat(path.join(folder, name)) })));
    return files
      .filter(({ found }) => found.isFile())
      .map(({ name, found }) => `${name} ${found.ino} ${found.mtimeMs}`);
  }
});
