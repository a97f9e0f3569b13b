import { readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "chai";
import { readMetadata, UserError } from "../../../../apps/registry/index.ts";
import { CUSTOMERS, generateCustomers } from "../../../../apps/trainer/data/generate-customers.ts";
import { fitRidge } from "../../../../apps/trainer/learn/linear/ridge.ts";
import { randomSource } from "../../../../apps/trainer/learn/random.ts";
import { predictTabular } from "../../../../apps/trainer/learn/tabular/model.ts";
import { runTabular } from "../../../../apps/trainer/onnx/run-tabular.ts";
import { tabular } from "../../../../apps/trainer/tasks/tabular.ts";
import { fitTabular } from "../../../../apps/trainer/tasks/tabular-fit.ts";
import { largestDifference, temporaryDirectory, trainer } from "../support.ts";

describe("tabular task", () => {
  let folder: string;
  before(async () => {
    folder = await temporaryDirectory();
  });
  after(() => rm(folder, { recursive: true, force: true }));

  async function data(content: string, name = "data.csv"): Promise<string> {
    const file = path.join(folder, name);
    await writeFile(file, content);
    return file;
  }
  const train = (file: string, parameters: Record<string, unknown> = {}) =>
    tabular.train({
      parameters: tabular.parameters.parse(parameters),
      seed: 42,
      file,
      log: { event: () => undefined },
    });

  it("has sample data that its generator reproduces exactly", async () => {
    expect(await readFile(CUSTOMERS, "utf8")).to.equal(generateCustomers());
  });

  it("infers the schema, and predicts most held-out rows correctly", async () => {
    for (const algorithm of ["forest", "linear"]) {
      const { accuracy, signature, data: counts, description } = await train(CUSTOMERS, { algorithm });
      expect(accuracy, algorithm).to.be.at.least(0.84);
      expect(counts).to.include({ rows: 1500, trainRows: 1200, testRows: 300 });
      expect(signature).to.deep.include({
        kind: "tabular-classification",
        features: ["age", "months", "tickets", "spend", "region", "plan"],
        categories: { region: ["", "east", "north", "south", "west"], plan: ["basic", "plus", "pro"] },
        labels: ["no", "yes"],
      });
      expect(description).to.match(/^churned from 6 columns: /);
    }
  });

  /** Rent by size, rooms and town. One field in ten is missing. */
  function rents(rows: number): string {
    const random = randomSource(5);
    const town = { bern: 9, basel: 4, chur: 0 };
    const lines = Array.from({ length: rows }, () => {
      const name = (["bern", "basel", "chur"] as const)[Math.floor(random() * 3)] ?? "chur";
      const size = 20 + 100 * random();
      const rent = 8 * size + 60 * town[name] + 20 * (random() - 0.5);
      return `${random() < 0.1 ? "" : size.toFixed(1)},${name},${rent.toFixed(2)}`;
    });
    return `size,town,rent\n${lines.join("\n")}\n`;
  }

  it("predicts a numeric target with a forest and with a linear model", async () => {
    const file = await data(rents(800), "rents.csv");
    for (const algorithm of ["forest", "linear"]) {
      const { metrics, accuracy, signature } = await train(file, { algorithm });
      expect(accuracy).to.equal(undefined);
      expect(metrics["r2"], algorithm).to.be.at.least(0.85);
      expect(signature).to.include({ kind: "regression" });
    }
  });

  it("uses the schema file and the parameters, and parameters take precedence", async () => {
    const file = await data(
      `a,b,c,d\n${Array.from({ length: 60 }, (_, i) => `${i},${i % 3},${i % 2},w${i % 5}`).join("\n")}`,
    );
    await data(JSON.stringify({ target: "b", problem: "classification", categorical: ["c"] }), "schema.json");
    const first = await train(file, { schema: "schema.json", n_estimators: 3 });
    expect(first.signature).to.deep.include({
      features: ["c"],
      categories: { c: ["0", "1"] },
      labels: ["0", "1", "2"],
    });
    const second = await train(file, { schema: "schema.json", target: "d", numeric: "a, b", n_estimators: 3 });
    expect(second.signature).to.deep.include({ features: ["a", "b", "c"], labels: ["w0", "w1", "w2", "w3", "w4"] });
    const third = await train(file, { target: "a", problem: "regression", numeric: "b,c", algorithm: "linear" });
    expect(third.signature).to.deep.include({ kind: "regression", features: ["b", "c"], categories: {} });
    expect(third.signature.inputs[0]).to.deep.equal({ name: "features", datatype: "FP32", shape: [-1, 2] });
  });

  it("gives a bit-identical model for the same seed", async () => {
    const parameters = { n_estimators: 5 };
    const [first, second] = [await train(CUSTOMERS, parameters), await train(CUSTOMERS, parameters)];
    expect(second.graph).to.deep.equal(first.graph);
  });

  it("exports graphs that agree with its own predictions to 1e-5 on 10,000 random rows, including missing and unknown values", async () => {
    const random = randomSource(3);
    // The first 600 rows, for fitting, lie between −5 and 15; half of the others lie outside.
    const range = (row: number) => (row < 600 ? 20 * random() - 5 : 40 * random() - 15);
    const number = () => Float32Array.from({ length: 10_000 }, (_, row) => (random() < 0.1 ? Number.NaN : range(row)));
    const word = () => Array.from({ length: 10_000 }, () => ["", "a", "b", "c", "new"][Math.floor(random() * 5)] ?? "");
    const columns = { rows: 10_000, numbers: [number(), number()], words: [word()] };
    const all = [...word().keys()];
    const fitted = all.slice(0, 600).filter((row) => columns.words[0]?.[row] !== "new");
    const schema = { target: "t", numeric: ["x", "y"], categorical: ["w"] };
    for (const algorithm of ["forest", "linear"]) {
      for (const classes of [[], ["a", "b"], ["a", "b", "c"]]) {
        const targets = Float64Array.from(all, (row) =>
          classes.length > 0 ? row % classes.length : (columns.numbers[0]?.[row] || 0) + 3 * random(),
        );
        const problem: "classification" | "regression" = classes.length > 0 ? "classification" : "regression";
        const given = { schema: { ...schema, problem }, columns, targets, classes, description: "" };
        const parameters = tabular.parameters.parse({ algorithm, n_estimators: 30 });
        const context = { parameters, seed: 1, file: undefined, log: { event: () => undefined } };
        const { model, graph } = await fitTabular(given, fitted, context, "fit");
        const own = predictTabular(model, columns, all);
        const exported = await runTabular(graph, columns, all);
        expect(largestDifference(own, exported), `${algorithm} ${problem}`).to.be.at.most(1e-5);
      }
    }
  });

  it("finds the coefficients of an exact linear relation", async () => {
    const features = Float32Array.from({ length: 300 }, (_, i) => ((i * 7919) % 101) / 10);
    const targets = Float64Array.from({ length: 100 }, (_, row) => {
      const [x = 0, y = 0, z = 0] = features.subarray(row * 3, row * 3 + 3);
      return 4 + 2 * x - y + 0.5 * z;
    });
    const { weights, intercept } = await fitRidge(features, targets, 3, 1e9);
    for (const [k, truth] of [2, -1, 0.5].entries()) expect(weights[k]).to.be.closeTo(truth, 1e-4);
    expect(intercept).to.be.closeTo(4, 1e-3);
  });

  it("reports an invalid table in one line and publishes nothing", async () => {
    const refused = async (content: string, message: string, parameters: Record<string, unknown> = {}) => {
      const file = await data(content);
      const error = await train(file, parameters).catch((thrown: unknown) => thrown);
      expect(error).to.be.instanceOf(UserError);
      expect(error).to.have.property("message", message.replaceAll("FILE", file));
    };
    const numbers = (line: string) =>
      `x,y,kind\n${Array.from({ length: 20 }, (_, i) => `${i},${i},${i % 2 ? "a" : "b"}`).join("\n")}\n${line}\n`;
    await refused("", "FILE has no rows: it needs a header line with the columns, and data below");
    await refused("x,y,kind\n", "FILE has no rows: it needs a header line with the columns, and data below");
    const hint =
      "is not a number; leave the field empty if the value is missing, or name the word with --param missing=WORD";
    await refused(numbers("1,lots,a"), `FILE, line 22, column y: "lots" ${hint}`);
    await refused(numbers("1,Infinity,a"), `FILE, line 22, column y: "Infinity" ${hint}`);
    await refused(
      numbers("1e39,1,a"),
      "FILE, line 22, column x: 1e39 is too large; a model reads numbers up to 3.4e38",
    );
    await refused(
      "x,kind\n1,\n2,\n3,a\n",
      "FILE: column kind, the target, is empty in 2 of 3 rows; name another column with --param target=NAME",
    );
    await refused(
      "x,kind\n1,a\n2,a\n3,a\n",
      "FILE: column kind is a in every row; a classification needs at least two classes",
    );
    await refused("x,kind\n1,a\n2,b\n3,a\n", "FILE: 3 rows are too few to hold some out; at least 5 are needed");
    await refused(
      "x,kind\n1,a\n2,b\n3,a\n4,c\n5,d\n",
      "FILE: no class has 5 rows, which are needed to hold one out; give more rows of each",
    );
    await refused(numbers("1,1,a"), "FILE: there is no column colour; the columns are x, y, kind", {
      target: "colour",
    });
    await refused(numbers("1,1,a"), "FILE: there is no column z; the columns are x, y, kind", { numeric: "x,z" });
    await refused(numbers("1,1,a"), "column kind is the target: it cannot be a feature too", {
      categorical: "kind",
    });
    await refused(
      "kind\na\nb\n",
      "FILE: there is no feature besides the target kind; name some with numeric= or categorical=",
    );
    await data('{"target":', "broken.json");
    const broken = path.join(folder, "broken.json");
    const args = [
      "train",
      "--task",
      "tabular",
      "--data",
      await data(numbers("1,1,a")),
      "--models",
      path.join(folder, "none"),
    ];
    const run = await trainer([...args, "--param", "schema=broken.json"]);
    expect(run.errors).to.match(new RegExp(`^error: ${broken} is not JSON: .*\n$`));
    expect(run).to.include({ code: 1, output: "" });
    expect((await trainer([...args, "--param", "algorithm=tree"])).errors).to.equal(
      "error: parameter algorithm=tree of task tabular: must be forest or linear\n",
    );
  });

  it("publishes the schema, and scores a file with missing and unknown values", async () => {
    const env = { MODELS_DIR: path.join(folder, "models"), DATA_DIR: folder };
    const run = await trainer(["train", "--task", "tabular", "--model", "churn"], { env });
    expect(run).to.include({ code: 0, errors: "" });
    expect(
      (await readMetadata(path.join(folder, "models"), "churn", "1")).signature.categories?.["plan"],
    ).to.deep.equal(["basic", "plus", "pro"]);
    await data(
      "plan,age,months,tickets,spend,region\nbasic,40,1,8,12,north\npro,,70,0,,\nvip,30,1,8,9,moon\n",
      "in.csv",
    );
    const scored = await trainer(["batch-predict", "--model=churn", "--input=in.csv", "--output=out.csv"], { env });
    expect(scored).to.include({ code: 0, errors: "" });
    const lines = (await readFile(path.join(folder, "out.csv"), "utf8")).trim().split("\n").slice(1);
    expect(lines.map((line) => line.split(",")[6])).to.deep.equal(["yes", "no", "yes"]);
    expect(await trainer(["batch-predict", "--model=churn", "--synthetic=3"], { env })).to.include({ code: 0 });
  });
});
