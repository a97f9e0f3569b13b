import { rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "chai";
import { UserError } from "../../../../apps/registry/index.ts";
import { readIrisRows } from "../../../../apps/trainer/input/iris-rows.ts";
import { readSentimentRows, type SentimentOptions } from "../../../../apps/trainer/input/sentiment-rows.ts";
import { readSeries } from "../../../../apps/trainer/input/series.ts";
import { lagRows } from "../../../../apps/trainer/learn/lags.ts";
import { timeseries } from "../../../../apps/trainer/tasks/timeseries.ts";
import { temporaryDirectory } from "../support.ts";

let folder: string;
before(async () => {
  folder = await temporaryDirectory();
});
after(() => rm(folder, { recursive: true, force: true }));

async function file(content: string): Promise<string> {
  const where = path.join(folder, "data.csv");
  await writeFile(where, content);
  return where;
}

async function refusal(read: () => Promise<unknown>): Promise<string> {
  const error = await read().catch((thrown: unknown) => thrown);
  expect(error).to.be.instanceOf(UserError);
  return error instanceof UserError ? error.message.replaceAll(path.join(folder, "data.csv"), "FILE") : "";
}

const day = (at: number) => new Date(Date.UTC(2024, 0, 1 + at)).toISOString().slice(0, 10);

describe("series as they come", () => {
  const read = async (content: string, column?: string) => {
    const { values, notes } = await readSeries(await file(content), column);
    return { values: [...values], notes };
  };

  it("are found by the only column of numbers, or by the name that is given", async () => {
    expect(await read("month,passengers\n1949-01,112\n1949-02,118\n1949-03,132\n")).to.deep.equal({
      values: [112, 118, 132],
      notes: ["the values are in column passengers"],
    });
    expect((await read("a,b\n1,5\n3,6\n", "b")).values).to.deep.equal([5, 6]);
    expect(await refusal(() => read("a,b\n1,5\n3,6\n"))).to.equal(
      "FILE, line 1: column value is missing; the file has a, b; name the column of the series with --param value_column=NAME",
    );
    expect(await refusal(() => read("a,b\n1,5\n3,6\n", "c"))).to.contain("column c is missing; the file has a, b");
    expect(await refusal(() => read("value\n1\ntwo\n"))).to.equal('FILE, line 3, column value: "two" is not a number');
  });

  it("are ordered by their times", async () => {
    const rows = Array.from({ length: 8 }, (_, i) => `${day(7 - i)},${7 - i}`);
    expect(await read(`date,value\n${rows.join("\n")}\n`)).to.deep.equal({
      values: [0, 1, 2, 3, 4, 5, 6, 7],
      notes: ["the rows were ordered by date, oldest first"],
    });
    expect(await refusal(() => read(`date,value\n${rows.join("\n")}\n${day(3)},9\n`))).to.equal(
      `FILE, line 10, column date: ${day(3)} occurs twice; a file has one series, with one row for each time`,
    );
  });

  it("have no window across a gap or a missing value", async () => {
    const rows = Array.from({ length: 40 }, (_, i) => (i === 20 ? "" : `${day(i)},${i === 30 ? "NA" : i}\n`));
    const { values, notes } = await read(`date,value\n${rows.join("")}`);
    expect(values.flatMap((value, i) => (Number.isNaN(value) ? [i] : []))).to.deep.equal([20, 30]);
    expect(notes).to.deep.equal([
      "read as missing values: value (1 × NA)",
      "1 values are missing, the first in line 31; windows that contain one were left out",
      `date has 1 gap, the first before line 22 (${day(21)}); windows that span a gap were left out`,
    ]);
    const { features, targets, lags } = lagRows(Float32Array.from(values), 3);
    expect(targets.length).to.equal(20 - 3 + 9 - 3 + 9 - 3);
    for (const [row, target] of targets.entries())
      expect([...features.subarray(row * lags, (row + 1) * lags)]).to.deep.equal([target - 1, target - 2, target - 3]);
  });

  it("may pause on weekends, and have months of different lengths", async () => {
    const weekdays = Array.from({ length: 30 }, (_, i) => i).filter((i) => i % 7 < 5);
    const working = await read(`date,value\n${weekdays.map((i) => `${day(i)},${i}`).join("\n")}\n`);
    expect(working).to.deep.equal({ values: weekdays, notes: [] });
    const months = Array.from({ length: 36 }, (_, i) => new Date(Date.UTC(2019, i, 1)).toISOString().slice(0, 10));
    expect((await read(`date,value\n${months.map((m, i) => `${m},${i}`).join("\n")}\n`)).notes).to.deep.equal([]);
    const irregular = Array.from({ length: 20 }, (_, i) => `${day(i * i)},${i}`);
    expect((await read(`date,value\n${irregular.join("\n")}\n`)).notes).to.deep.equal([
      "the steps of date are irregular; each row counts as one step",
    ]);
  });

  it("train with gaps, and are refused with too many", async () => {
    const rows = (gap: number) => Array.from({ length: 200 }, (_, i) => (i % gap === gap - 1 ? "NA" : Math.sin(i / 3)));
    const train = async (gap: number) =>
      timeseries.train({
        parameters: timeseries.parameters.parse({ n_estimators: 5, lags: 6, value_column: "sales" }),
        seed: 1,
        file: await file(`sales\n${rows(gap).join("\n")}\n`),
        log: { event: () => undefined },
      });
    const { metrics, data } = await train(50);
    expect(metrics["rmse"]).to.be.below(0.2);
    expect(data).to.include({ rows: 4 * (49 - 6) });
    expect(data?.notes?.join()).to.contain("4 values are missing, the first in line 51");
    expect(await refusal(() => train(5))).to.equal(
      "FILE: 0 windows of 7 values have no gap, at least 10 are needed; fill the gaps, or give fewer lags with --param lags=N",
    );
  });
});

describe("labeled texts as they come", () => {
  const read = async (content: string, options: SentimentOptions = {}) => {
    const { texts, targets, notes } = await readSentimentRows(await file(content), options);
    return { texts, targets: [...targets], notes };
  };

  it("have the labels and column names of public data sets", async () => {
    for (const [header, negative, positive, notes] of [
      ["text,label", "0", "1", ["the label 0 is negative, 1 is positive"]],
      ["text,label", "-1", "1", ["the label -1 is negative, 1 is positive"]],
      ["text,label", "0", "4", ["the label 0 is negative, 4 is positive"]],
      ["text,label", "1", "2", ["the label 1 is negative, 2 is positive"]],
      [
        "Text,Label",
        "NEG",
        "Pos",
        ["the text is in column Text", "the label is in column Label", "the label neg is negative, pos is positive"],
      ],
      [
        "review,sentiment",
        "negative",
        "positive",
        ["the text is in column review", "the label is in column sentiment"],
      ],
      [
        "sentence,polarity",
        "False",
        "True",
        [
          "the text is in column sentence",
          "the label is in column polarity",
          "the label false is negative, true is positive",
        ],
      ],
    ] as const) {
      expect(await read(`${header}\ngood,${positive}\nbad,${negative}\n`)).to.deep.equal({
        texts: ["good", "bad"],
        targets: [1, 0],
        notes,
      });
    }
  });

  it("have the labels that are given, and leave out the others", async () => {
    const stars = "comment,stars,x\nawful,1,a\nbad,2,b\nso so,3,c\ngood,4,d\n,5,e\ngreat,5,f\n";
    const options = { labelColumn: "stars", negative: ["1", "2"], positive: ["4", "5"] };
    expect(await read(stars, options)).to.deep.equal({
      texts: ["awful", "bad", "good", "great"],
      targets: [0, 0, 1, 1],
      notes: [
        "the text is in column comment",
        "1 rows without comment or stars were left out",
        "1 rows that are neither negative nor positive were left out",
      ],
    });
    expect(await refusal(() => read(stars, { labelColumn: "stars" }))).to.equal(
      "FILE: column stars has the labels 1, 2, 3, 4, 5, which are not negative and positive; name them with --param negative=WORDS --param positive=WORDS, separated by commas",
    );
    expect(await refusal(() => read(stars, { ...options, positive: [] }))).to.contain("name both");
    expect(await refusal(() => read(stars, { ...options, positive: ["2"] }))).to.equal(
      "label 2 is named as negative and as positive",
    );
    expect(await refusal(() => read("note,stars\nx,1\n"))).to.equal(
      "FILE, line 1: column text is missing; the file has note, stars; name the column with --param text_column=NAME",
    );
    expect((await read("text,label\nso,neutral\ngood,positive\nbad,negative\n")).notes).to.deep.equal([
      "1 rows that are neither negative nor positive were left out",
    ]);
  });
});

describe("the columns of iris as they come", () => {
  it("have the names of scikit-learn, R and Kaggle", async () => {
    for (const header of [
      "sepal length (cm),sepal width (cm),petal length (cm),petal width (cm),target",
      "Sepal.Length,Sepal.Width,Petal.Length,Petal.Width,Species",
      "SepalLengthCm,SepalWidthCm,PetalLengthCm,PetalWidthCm,variety",
    ]) {
      const { features, species } = await readIrisRows(
        await file(`${header}\n5.1,3.5,1.4,0.2,setosa\n7,3,5,2,other\n`),
      );
      expect(features[5]).to.equal(3);
      expect(species).to.deep.equal(["other", "setosa"]);
    }
  });
});
