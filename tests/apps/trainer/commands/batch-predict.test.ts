import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { SAMPLES } from "../../../../apps/trainer/data/samples.ts";
import { temporaryDirectory, trainer } from "../support.ts";

const MAIN = path.join(import.meta.dirname, "../../../../apps/trainer/main.ts");

describe("batch-predict", () => {
  let folder: string;
  let env: Record<string, string>;
  before(async () => {
    folder = await temporaryDirectory();
    env = { MODELS_DIR: path.join(folder, "models"), DATA_DIR: path.join(folder, "data") };
    const spec = [
      { model: "iris", version: "1", task: "iris" },
      { model: "half_plus_two", version: "1", task: "half_plus_two" },
      { model: "sentiment-classifier", version: "1", task: "sentiment", parameters: { ngrams: 1 } },
      { model: "series", version: "1", task: "timeseries", parameters: { n_estimators: 5, lags: 3 } },
    ];
    const laidOut = await trainer(["init-storage", "--spec", JSON.stringify(spec)], { env });
    expect(laidOut).to.include({ code: 0, errors: "" });
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const data = (name: string) => path.join(folder, "data", name);
  const predict = (model: string, ...args: readonly string[]) =>
    trainer(["batch-predict", `--model=${model}`, ...args], { env });

  /** Runs batch-predict and kills it after its first checkpoint. */
  async function killedRun(model: string, input: string, output: string): Promise<void> {
    const child = spawn(
      process.execPath,
      [MAIN, "batch-predict", "--model", model, "--input", input, "--output", output],
      {
        env: { ...process.env, ...env, LOG_LEVEL: "silent" },
        stdio: "ignore",
      },
    );
    const closed = once(child, "close");
    while (child.exitCode === null && !(await readdir(data("."))).includes(`${output}.progress`)) await sleep(5);
    child.kill("SIGKILL");
    await closed;
  }

  it("scores the rows of a CSV file on the data volume and keeps their columns", async () => {
    const run = await predict("iris", "--input", "iris.csv", "--output", "scored/iris.csv");
    expect(run).to.include({ code: 0, errors: "" });
    expect(run.output).to.equal(
      `150 rows of ${data("iris.csv")} scored with iris version 1\n  ${data("scored/iris.csv")}\n`,
    );
    const [header, ...lines] = (await readFile(data("scored/iris.csv"), "utf8")).trim().split("\n");
    expect(header).to.equal("sepal_length,sepal_width,petal_length,petal_width,species,prediction,confidence");
    const original = (await readFile(path.join(SAMPLES, "iris.csv"), "utf8")).trim().split("\n").slice(1);
    expect(lines.map((line) => line.split(",").slice(0, 5).join(","))).to.deep.equal(original);
    const right = lines.filter((line) => line.split(",")[4] === line.split(",")[5]);
    expect(right.length).to.be.at.least(145);
    expect(await readdir(data("scored"))).to.deep.equal(["iris.csv"]);
  });

  it("scores texts, numbers and time-series windows from JSONL", async () => {
    const texts = [
      { id: 7, text: 'The "best" soup,\never' },
      { id: 8, text: "Terrible, never again" },
    ];
    await writeFile(data("texts.jsonl"), texts.map((row) => JSON.stringify(row)).join("\n"));
    expect(await predict("sentiment-classifier", "--input=texts.jsonl", "--output=labels.jsonl")).to.include({
      code: 0,
    });
    const labels = (await readFile(data("labels.jsonl"), "utf8"))
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(labels.map(({ id, prediction }) => [id, prediction])).to.deep.equal([
      [7, "positive"],
      [8, "negative"],
    ]);
    for (const { confidence } of labels) expect(confidence).to.be.within(0.5, 1);
    await predict("sentiment-classifier", "--input=texts.jsonl", "--output=labels.csv");
    expect((await readFile(data("labels.csv"), "utf8")).split("\n").slice(0, 2)).to.deep.equal([
      "id,text,prediction,confidence",
      '7,"The ""best"" soup,',
    ]);

    await writeFile(data("x.jsonl"), '{"x":1}\n{"x":2}\n{"x":5}\n');
    await predict("half_plus_two", "--input=x.jsonl", "--output=y.csv");
    expect(await readFile(data("y.csv"), "utf8")).to.equal("x,prediction\n1,2.5\n2,3\n5,4.5\n");

    await writeFile(data("lags.jsonl"), '{"features":[100,101,102]}\n{"lag_1":100,"lag_2":101,"lag_3":102}\n');
    expect(await predict("series", "--input=lags.jsonl", "--output=next.jsonl")).to.include({ code: 0 });
    const next = (await readFile(data("next.jsonl"), "utf8"))
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(next[0].prediction).to.be.within(80, 120).and.equal(next[1].prediction);
  });

  it("resumes a killed run, with the same output as an uninterrupted one", async () => {
    const rows = Array.from({ length: 300_000 }, (_, i) => String(i % 1000));
    await writeFile(data("many.csv"), `x\n${rows.join("\n")}\n`);
    expect(await predict("half_plus_two", "--input=many.csv", "--output=whole.csv")).to.include({ code: 0 });
    // On a busy machine a run may finish before it is killed: try again.
    do {
      await rm(data("parts.csv"), { force: true });
      await killedRun("half_plus_two", "many.csv", "parts.csv");
    } while ((await readdir(data("."))).includes("parts.csv"));
    expect(await readdir(data(".")))
      .to.include("parts.csv.partial")
      .and.not.include("parts.csv");
    const second = await predict("half_plus_two", "--input=many.csv", "--output=parts.csv");
    expect(second).to.include({ code: 0, errors: "" });
    expect(second.output).to.match(/resumed after row [1-9]\d*, where an earlier run was interrupted/);
    expect((await readFile(data("parts.csv"))).equals(await readFile(data("whole.csv")))).to.equal(true);
    expect((await readdir(data("."))).filter((name) => name.startsWith("parts"))).to.deep.equal(["parts.csv"]);
  });

  it("starts over if the input has changed since the killed run", async () => {
    const identity = { input: "another", model: "half_plus_two", version: "1", artifact: "another" };
    await writeFile(data("z.csv.partial"), "x,prediction\n1,99\n");
    await writeFile(data("z.csv.progress"), JSON.stringify({ identity, rows: 1, bytes: 18 }));
    await writeFile(data("z-in.csv"), "x\n1\n2\n");
    expect(await predict("half_plus_two", "--input=z-in.csv", "--output=z.csv")).to.include({ code: 0 });
    expect(await readFile(data("z.csv"), "utf8")).to.equal("x,prediction\n1,2.5\n2,3\n");
  });

  it("reports file, line and column of an invalid row, and keeps the previous output", async () => {
    await writeFile(data("out.csv"), "as before");
    const refused = async (model: string, name: string, content: string, message: string) => {
      await writeFile(data(name), content);
      const run = await predict(model, "--input", name, "--output", "out.csv");
      expect(run).to.include({ code: 1, output: "", errors: `error: ${message}\n` });
      expect(await readFile(data("out.csv"), "utf8")).to.equal("as before");
      expect((await readdir(data("."))).filter((file) => file.startsWith("out"))).to.deep.equal(["out.csv"]);
    };
    const bad = data("bad.csv");
    await refused("half_plus_two", "bad.csv", "x\n1\ntwo\n", `${bad}, line 3, column x: "two" is not a number`);
    await refused("half_plus_two", "bad.csv", "x,y\n1,2\n,3\n", `${bad}, line 3, column x: is empty`);
    await refused(
      "half_plus_two",
      "bad.csv",
      "x\n1,2\n",
      `${bad}: Invalid Record Length: columns length is 1, got 2 on line 2; fields are separated by commas, put fields that contain one in double quotes`,
    );
    await refused("half_plus_two", "bad.csv", "x\n", `${bad} has no rows: it needs the columns x`);
    await refused(
      "half_plus_two",
      "bad.csv",
      "y\n1\n",
      `${bad}, line 2: column x is missing; the file has y; required are x`,
    );
    const jsonl = data("bad.jsonl");
    await refused(
      "sentiment-classifier",
      "bad.jsonl",
      '{"text":"fine"}\n{"text":" "}\n',
      `${jsonl}, line 2, column text: is empty or not a text`,
    );
    await refused(
      "sentiment-classifier",
      "bad.jsonl",
      '{"text":"fine"}\n{"text"\n',
      `${jsonl}, line 2: is not JSON; a .jsonl file has one object per line`,
    );
    await refused(
      "series",
      "bad.jsonl",
      '{"features":[1,2]}\n',
      `${jsonl}, line 1, column features: has 2 values; the model needs 3`,
    );
    const missing = await predict("iris", "--input=none.csv", "--output=out.csv");
    expect(missing.errors).to.equal(
      "error: cannot read none.csv: there is no such file; give the rows to score with --input FILE\n",
    );
  });

  it("reports invalid arguments", async () => {
    const told = async (message: string, ...args: readonly string[]) => {
      const run = await trainer(["batch-predict", ...args], { env });
      expect(run).to.include({ code: 1, output: "", errors: `error: ${message}\n` });
    };
    await told(
      "batch-predict takes --input FILE and --output FILE, or --synthetic COUNT",
      "--model=iris",
      "--input=iris.csv",
    );
    await told(
      `there is no model roses in ${folder}/models: it has half_plus_two, iris, sentiment-classifier, series`,
      "--model=roses",
      "--synthetic=1",
    );
    await told(
      `${folder}/models/iris/9/metadata.json is missing: there is no version 9 of iris`,
      "--model=iris",
      "--version=9",
      "--synthetic=1",
    );
  });

  it("scores generated rows, which are the same for the same seed", async () => {
    for (const model of ["iris", "sentiment-classifier", "series", "half_plus_two"]) {
      const first = await predict(model, "--synthetic=5");
      expect(first).to.include({ code: 0, errors: "" });
      const [head, ...lines] = first.output.trim().split("\n");
      expect(head).to.equal(`5 generated rows scored with ${model} version 1`);
      expect(lines.map((line) => JSON.parse(line))).to.have.length(5);
      for (const line of lines) expect(JSON.parse(line)).to.have.property("prediction");
      if (model === "iris") expect((await predict(model, "--synthetic=5")).output).to.equal(first.output);
    }
  });
});
