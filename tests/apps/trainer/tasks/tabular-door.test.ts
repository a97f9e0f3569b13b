import { readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "chai";
import { readMetadata } from "../../../../apps/registry/index.ts";
import { randomSource } from "../../../../apps/trainer/learn/random.ts";
import { onnxRuntime, openSession } from "../../../../apps/trainer/onnx/session.ts";
import { tabular } from "../../../../apps/trainer/tasks/tabular.ts";
import { temporaryDirectory, trainer } from "../support.ts";

describe("the tabular task with tables as they come", () => {
  let folder: string;
  before(async () => {
    folder = await temporaryDirectory();
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const random = randomSource(4);
  const oneOf = (words: readonly string[]) => words[Math.floor(random() * words.length)] ?? "";
  const lines = (rows: number, line: (row: number) => string) =>
    Array.from({ length: rows }, (_, row) => line(row)).join("\n");

  async function train(content: string | Buffer, parameters: Record<string, unknown> = {}) {
    const file = path.join(folder, "data.csv");
    await writeFile(file, content);
    const events: string[] = [];
    const trained = await tabular.train({
      parameters: tabular.parameters.parse({ n_estimators: 10, ...parameters }),
      seed: 42,
      file,
      log: { event: (name, fields) => events.push(`${name} ${JSON.stringify(fields)}`) },
    });
    return { ...trained, notes: trained.data?.notes ?? [], events };
  }

  it("measures equal rows as the independent cases that they are", async () => {
    const { accuracy, notes } = await train(
      `deck,meal,left\n${lines(1500, () => {
        const deck = oneOf(["A", "B"]);
        return `${deck},${oneOf(["x", "y", "z"])},${random() < (deck === "A" ? 0.85 : 0.15) ? "yes" : "no"}`;
      })}\n`,
    );
    expect(accuracy).to.be.within(0.78, 0.92);
    expect(notes.join()).not.to.contain("copies");
  });

  it("does not let a copied row be measured on what it was trained on", async () => {
    // Labels that nothing predicts: whoever remembers copies seems to be right.
    const own = Array.from({ length: 200 }, () => `${random()},${random()},${random()},${oneOf(["p", "q"])}`);
    const { accuracy, notes } = await train(`a,b,c,y\n${[...own, ...own, ...own, ...own].join("\n")}\n`);
    expect(accuracy).to.be.within(0.3, 0.7);
    expect(notes).to.include("800 rows are copies of others in all features; copies were held out together");
  });

  it("learns a column of many repeated values", async () => {
    for (const different of [255, 300, 2000]) {
      const { metrics } = await train(
        `minute,y\n${lines(8000, (row) => {
          const x = (row * 7919) % different;
          return `${x},${(Math.sin((x / different) * 9) * 100 + random()).toFixed(3)}`;
        })}\n`,
      );
      expect(metrics["r2"], String(different)).to.be.above(0.999);
    }
  });

  it("trains on rare classes, and says that they are not measured", async () => {
    const { signature, notes } = await train(
      `a,y\n${lines(300, (row) => `${row},${row < 150 ? "p" : "q"}`)}\n7,r\n8,s\n`,
    );
    expect(signature.labels).to.deep.equal(["p", "q", "r", "s"]);
    expect(notes).to.include("too few rows to measure the classes r, s; the metrics say nothing about them");
  });

  it("takes a numeric target for classes or for a quantity by what fits, and says so", async () => {
    const kind = async (rows: number, target: (row: number) => string | number) => {
      const { signature, notes } = await train(`a,y\n${lines(rows, (row) => `${row / 3},${target(row)}`)}\n`);
      return [signature.kind, notes.find((note) => note.startsWith("y has"))];
    };
    expect(await kind(18, (row) => (50 + row * 1.5).toFixed(1))).to.deep.equal([
      "regression",
      "y has 18 different numbers, taken for a quantity (regression); for classes give --param problem=classification",
    ]);
    expect((await kind(25, (row) => 100 * (row % 15)))[0], "too few rows for classes").to.equal("regression");
    expect((await kind(100, (row) => (row % 8) / 4))[0], "fractions").to.equal("regression");
    expect(await kind(100, (row) => row % 2)).to.deep.equal([
      "tabular-classification",
      "y has 2 different numbers, taken for classes; for a quantity give --param problem=regression",
    ]);
    expect((await kind(100, (row) => `${row % 3}.0`))[0], "classes as pandas writes them").to.equal(
      "tabular-classification",
    );
  });

  it("keeps the frequent values of a column with many, and leaves out names", async () => {
    const { signature, notes, events } = await train(
      `name,town,note,y\n${lines(600, (row) => `n${row},${row % 3 ? `t${row % 40}` : `rare${row % 90}`},${row % 7 ? `text ${row}` : "x"},${row % 2 ? "p" : "q"}`)}\n`,
    );
    expect(signature.features).to.deep.equal(["town"]);
    expect(signature.categories?.["town"]?.length).to.equal(50);
    expect(notes).to.include("column name was left out: its values are all different");
    expect(notes.join()).to.match(
      /column town has 70 different values: the 50 most frequent are categories, the others \(\d+ rows\) count as unknown/,
    );
    expect(notes.join()).to.match(/column note was left out: text with \d+ different values/);
    expect(events).to.include('column left out {"column":"name"}');
  });

  it("leaves out rows without a target and fills in missing numbers, and says so", async () => {
    const { data, notes } = await train(
      `a,b,y\n${lines(100, (row) => `${row % 10 ? row : "NA"},${row},${row % 20 ? oneOf(["p", "q"]) : "NaN"}`)}\n`,
    );
    expect(data).to.include({ rows: 95 });
    expect(notes).to.include("5 rows without y, the target, were left out");
    expect(notes).to.include("read as missing values: a (10 × NA), y (5 × NaN)");
    expect(notes).to.include("missing numbers are filled in with the median: a (5)");
  });

  it("warns of digits that a model cannot read, and of columns that give the target away", async () => {
    const { notes } = await train(
      `at,alive,y\n${lines(100, (row) => `${1_600_000_000 + row},${row % 2 ? "yes" : "no"},${row % 2}`)}\n`,
    );
    expect(notes.join("\n")).to.match(/column at has 100 different numbers, of which [12] differ in the 32 bits/);
    expect(notes.join("\n")).to.contain("column alive tells y exactly");
    expect(notes.join("\n")).not.to.contain("column at tells");
  });

  it("reads a word for a missing category as the graph does: null, empty and the word are one", async () => {
    // The region is missing where y is p.
    const { graph, signature } = await train(
      `x,region,y\n${lines(200, (row) => (row % 2 ? `${row % 5},N/A,p` : `${row % 5},${oneOf(["EU", "US"])},q`))}\n`,
    );
    expect(signature.categories).to.deep.equal({ region: ["", "EU", "US"] });
    const { Tensor } = await onnxRuntime();
    const session = await openSession(graph);
    const { label } = await session.run({ features: new Tensor("string", ["1", "", "1", "N/A", "1", "EU"], [3, 2]) });
    await session.release();
    expect(label && "data" in label ? Array.from(label.data, Number) : []).to.deep.equal([0, 0, 1]);
  });

  it("prints what it guessed, and publishes it in metadata.json", async () => {
    const file = path.join(folder, "printed.csv");
    const models = path.join(folder, "models");
    const rows = lines(60, (row) => `${row};${(row / 4).toFixed(2).replace(".", ",")};${row % 2 ? "ja" : "nein"}`);
    await writeFile(file, Buffer.from(`;größe;kauf\n${rows}\n`, "latin1"));
    const run = await trainer(["train", "--task", "tabular", "--data", file, "--models", models]);
    expect(run).to.include({ code: 0, errors: "" });
    const notes = [
      'is not UTF-8, read as Windows-1252: "größe" in line 1; name another encoding with --param encoding=NAME',
      "fields are separated by semicolons",
      "column 1, which has no name, numbers the rows and was left out",
      "read as numbers: größe (decimal comma)",
      "the target is kauf, the last column",
    ];
    for (const note of notes) expect(run.output).to.contain(`\n  note: ${note}\n`);
    expect((await readMetadata(models, "tabular", "1")).data?.notes).to.deep.equal(notes);
    await writeFile(path.join(folder, "score.csv"), "größe;kauf\n1,5;?\nNA;?\n");
    const args = ["--model=tabular", `--models=${models}`, `--input=${folder}/score.csv`, `--output=${folder}/out.csv`];
    expect(await trainer(["batch-predict", ...args])).to.include({ code: 0, errors: "" });
    expect((await readFile(path.join(folder, "out.csv"), "utf8")).split("\n").length).to.equal(4);
  });
});
