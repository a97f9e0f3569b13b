import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "chai";
import { SAMPLES } from "../../../../apps/trainer/data/samples.ts";
import { temporaryDirectory, trainer } from "../support.ts";

describe("trainer command line", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await temporaryDirectory();
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const models = () => path.join(folder, "models");

  /** Runs `train`, and expects it to fail with exactly this message and publish nothing. */
  async function refused(args: readonly string[], message: string): Promise<void> {
    const before = await listing();
    const run = await trainer(["train", "--models", models(), ...args]);
    expect(run.errors).to.equal(`error: ${message}\n`);
    expect(run).to.include({ code: 1, output: "" });
    expect(await listing()).to.deep.equal(before);
  }

  async function listing(): Promise<string[]> {
    return (await readdir(models(), { recursive: true }).catch(() => [])).sort();
  }

  async function data(name: string, content: string): Promise<string> {
    const file = path.join(folder, name);
    await writeFile(file, content);
    return file;
  }

  it("rejects unknown tasks, names, versions and parameters", async () => {
    await refused(
      ["--task", "poetry"],
      "there is no task poetry; the tasks are sentiment, iris, timeseries, half_plus_two, tabular",
    );
    await refused(
      ["--task", "iris", "--model", "iris 1"],
      `model name "iris 1": must be letters, digits, '-', '_' and '.'`,
    );
    await refused(["--task", "iris", "--version", "v2"], 'version "v2": must be a positive integer such as "2"');
    await refused(
      ["--task", "sentiment", "--param", "ngrams=3"],
      "parameter ngrams=3 of task sentiment: must be a whole number from 1 to 2",
    );
    await refused(
      ["--task", "iris", "--param", "inverse_penalty=lots"],
      "parameter inverse_penalty=lots of task iris: must be a number above 0, at most 10000",
    );
    await refused(
      ["--task", "half_plus_two", "--param", "epochs=3"],
      "task half_plus_two has no parameter epochs; it has pairs",
    );
  });

  it("reports file, line and column of invalid data", async () => {
    const missing = path.join(folder, "none.csv");
    await refused(
      ["--task", "sentiment", "--data", missing],
      `cannot read ${missing}: there is no such file; give the data file with --data FILE`,
    );
    const empty = await data("empty.csv", "");
    await refused(
      ["--task", "sentiment", "--data", empty],
      `${empty} has no rows: it needs a header line with the columns, and data below`,
    );
    const headless = await data("headless.csv", "colour,label\nFine,positive\n");
    await refused(
      ["--task", "sentiment", "--data", headless],
      `${headless}, line 1: column text is missing; the file has colour, label; name the column with --param text_column=NAME`,
    );
    const label = await data("label.csv", 'text,label\nFine,positive\n"So\nso",meh\n');
    await refused(
      ["--task", "sentiment", "--data", label],
      `${label}: column label has the labels positive, meh, which are not negative and positive; name them with --param negative=WORDS --param positive=WORDS, separated by commas`,
    );
    const single = await data("single.csv", "text,label\nFine,positive\nGood,positive\n");
    await refused(
      ["--task", "sentiment", "--data", single],
      `${single}: no row has the label negative; training needs both labels`,
    );
    const few = await data("few.jsonl", '{"text":"Fine","label":"positive"}\n{"text":"Bad","label":"negative"}\n');
    await refused(
      ["--task", "sentiment", "--data", few],
      `${few}: too few negative rows to hold some out; each label needs at least 5 groups`,
    );
    const broken = await data("broken.jsonl", '{"text":"Fine","label":"positive"}\n{"text"\n');
    await refused(
      ["--task", "sentiment", "--data", broken],
      `${broken}, line 2: is not JSON; a .jsonl file has one object per line`,
    );
    const number = await data(
      "number.csv",
      "sepal_length,sepal_width,petal_length,petal_width,species\n5,3,1,0.2,setosa\n5,x,1,0.2,setosa\n",
    );
    await refused(["--task", "iris", "--data", number], `${number}, line 3, column sepal_width: "x" is not a number`);
    const gap = await data("gap.csv", "sepal_length,sepal_width,petal_length,petal_width,species\n5,3,,0.2,setosa\n");
    await refused(["--task", "iris", "--data", gap], `${gap}, line 2, column petal_length: is empty`);
    const same = await data(
      "same.csv",
      "sepal_length,sepal_width,petal_length,petal_width,species\n5,3,1,0.2,setosa\n",
    );
    await refused(
      ["--task", "iris", "--data", same],
      `${same}: every row has the species setosa; training needs at least two`,
    );
    const ragged = await data("ragged.csv", "text,label\nFine,positive,extra\n");
    await refused(
      ["--task", "sentiment", "--data", ragged],
      `${ragged}, line 2: has 3 fields, the header has 2; fields are separated by commas, put fields that contain one in double quotes`,
    );
  });

  it("does not publish a model below the threshold, or a version that already exists", async () => {
    const shuffled = (await readFile(path.join(SAMPLES, "iris.csv"), "utf8")).split("\n").slice(0, 151);
    const noise = shuffled.map((line, i) => (i === 0 ? line : line.replace(/[a-z]+$/, ["a", "b"][i % 2] ?? "")));
    const file = await data("noise.csv", noise.join("\n"));
    const run = await trainer([
      "train",
      "--task",
      "iris",
      "--data",
      file,
      "--models",
      models(),
      "--min-accuracy",
      "0.95",
    ]);
    expect(run.code).to.equal(1);
    expect(run.errors).to.match(
      /^error: not published: held-out accuracy 0\.\d{4} is below --min-accuracy 0\.95; .*\n$/,
    );
    expect(await listing()).to.deep.equal([]);

    const first = await trainer([
      "train",
      "--task",
      "iris",
      "--models",
      models(),
      "--version",
      "1",
      "--min-accuracy",
      "0.9",
    ]);
    expect(first).to.include({ code: 0, errors: "" });
    await refused(
      ["--task", "iris", "--version", "1"],
      `iris version 1 exists already (${models()}/iris/1) and is never overwritten: choose another version, or "next"`,
    );
  });

  it("trains on the user's CSV and JSONL files, and records their names", async () => {
    const words = ["fine", "good", "great", "nice", "lovely", "fun"];
    const rows = words.flatMap((word) => [
      { text: `a ${word} day, "really"`, label: "positive" },
      { text: `not a ${word} day, alas`, label: "negative" },
    ]);
    const jsonl = await data("own.jsonl", rows.map((row) => JSON.stringify(row)).join("\n"));
    const csv = await data(
      "own.csv",
      `\ufefftext,label\r\n${rows.map((r) => `"${r.text.replaceAll('"', '""')}",${r.label}`).join("\r\n")}\r\n`,
    );
    for (const file of [jsonl, csv]) {
      const run = await trainer([
        "train",
        "--task",
        "sentiment",
        "--model",
        "mine",
        "--data",
        file,
        "--models",
        models(),
      ]);
      expect(run).to.include({ code: 0, errors: "" });
    }
    const metadata = (version: string) =>
      readFile(path.join(models(), "mine", version, "metadata.json"), "utf8").then(JSON.parse);
    expect((await metadata("1")).data).to.include({ source: jsonl, rows: 12 });
    expect((await metadata("2")).data).to.include({ source: csv, rows: 12 });
    expect((await metadata("1")).artifact.sha256).to.equal((await metadata("2")).artifact.sha256);
  });

  it("logs progress as one JSON line per event", async () => {
    const run = await trainer(["train", "--task", "iris", "--models", models()], { log: true });
    const events = run.errors
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(events.map(({ event }) => event)).to.include.members(["training", "iteration", "measured", "published"]);
    expect(events[0]).to.have.property("accelerators");
    expect(events.find(({ event }) => event === "iteration")).to.include({
      task: "iris",
      model: "iris",
      phase: "measure",
      iteration: 1,
    });
  });

  it("reports in one line that the models volume is not writable", async () => {
    await mkdir(models());
    const file = await data("file", "");
    const run = await trainer(["train", "--task", "half_plus_two", "--models", file]);
    expect(run).to.include({ code: 1, output: "" });
    expect(run.errors).to.equal(
      `error: cannot write ${file}/half_plus_two: a part of the path is a file, not a directory\n`,
    );
  });
});
