import { expect } from "chai";
import { areCopies, type InputColumn, numberInputs } from "../../../../apps/trainer/learn/coincidence.ts";
import { holdOut } from "../../../../apps/trainer/learn/hold-out.ts";
import { randomSource } from "../../../../apps/trainer/learn/random.ts";
import { macroF1 } from "../../../../apps/trainer/learn/scores.ts";

const random = randomSource(8);
const list = <T>(rows: number, value: (row: number) => T) => Array.from({ length: rows }, (_, row) => value(row));
const oneOf = (words: readonly string[]) => words[Math.floor(random() * words.length)] ?? "";
const numbers = (rows: number) => Float32Array.from({ length: rows }, () => random());
const classes = (rows: number) => Float64Array.from({ length: rows }, () => (random() < 0.3 ? 1 : 0));

/** Copies each row `times` times. */
function copied(columns: readonly InputColumn[], times: number): InputColumn[] {
  return columns.map((column) => {
    const rows = column.length * times;
    return column instanceof Float32Array
      ? Float32Array.from({ length: rows }, (_, row) => column[row % column.length] ?? 0)
      : list(rows, (row) => column[row % column.length] ?? "");
  });
}

function isCopied(columns: readonly InputColumn[]): boolean {
  return areCopies(columns, numberInputs(columns, columns[0]?.length ?? 0));
}

describe("the held-out rows", () => {
  it("are a fair sample of a table in which most rows are equal by chance", () => {
    const sex = list(1000, () => oneOf(["man", "woman"]));
    const columns = [sex, list(1000, () => oneOf(["1", "2", "3"])), list(1000, () => oneOf(["child", "adult"]))];
    const targets = Float64Array.from(sex, (word) => Number(random() < (word === "woman" ? 0.9 : 0.1)));
    const { train, test, by } = holdOut(columns, targets, 42);
    expect(by).to.equal("row");
    expect(test.length).to.be.within(199, 201);
    expect([...train, ...test].sort((a, b) => a - b)).to.deep.equal([...targets.keys()]);
    // The rule "woman" is right on nine rows in ten; three standard errors of 200 rows are 0.064.
    const right = test.filter((row) => (sex[row] === "woman") === (targets[row] === 1)).length / test.length;
    expect(right).to.be.within(0.836, 0.964);
    const share = (rows: readonly number[]) => rows.filter((row) => targets[row] === 1).length / rows.length;
    expect(share(test)).to.be.closeTo(share(train), 0.01);
  });

  it("keep copies of a row on one side, whatever their labels", () => {
    for (const times of [2, 3, 10]) {
      const columns = copied([numbers(150), numbers(150), list(150, () => oneOf(["a", "b"]))], times);
      const { train, test, by, repeated } = holdOut(columns, classes(150 * times), 1);
      expect(by).to.equal("inputs");
      expect(repeated).to.equal(150 * times);
      const keys = (rows: readonly number[]) => new Set(rows.map((row) => columns.map((column) => column[row]).join()));
      expect(keys(train).intersection(keys(test)).size).to.equal(0);
      expect(test.length / (150 * times)).to.be.within(0.15, 0.25);
    }
  });

  it("keep the copies of an oversampled class on one side", () => {
    const own = 600;
    const rows = own + 400;
    const columns = list(4, () => {
      const column = numbers(rows);
      for (let row = own; row < rows; row++) column[row] = column[row % 40] ?? 0;
      return column;
    });
    const targets = Float64Array.from({ length: rows }, (_, row) => Number(row % 40 < 1 || row >= own));
    const { train, test, by } = holdOut(columns, targets, 3);
    expect(by).to.equal("inputs");
    const seen = new Set(train.map((row) => columns[0]?.[row]));
    expect(test.filter((row) => seen.has(columns[0]?.[row]))).to.deep.equal([]);
  });

  it("tell copies from chance", () => {
    const words = list(900, () => oneOf(["a", "b", "c"]));
    const digit = list(900, () => oneOf(["0", "1", "2", "3"]));
    expect(isCopied([words, digit]), "few words").to.equal(false);
    // The same columns under other names say nothing new.
    const again = words.map((word) => word.toUpperCase());
    expect(isCopied([words, again, digit, digit.map((word) => `d${word}`)]), "columns that repeat others").to.equal(
      false,
    );
    const sparse = list(30, () => Float32Array.from({ length: 900 }, () => Number(random() < 0.03)));
    expect(isCopied(sparse), "rare flags").to.equal(false);
    expect(isCopied([Float32Array.from({ length: 900 }, (_, row) => row % 300)]), "one whole number").to.equal(false);
    expect(isCopied([numbers(900), words]), "all different").to.equal(false);
    expect(isCopied(copied([numbers(300), numbers(300)], 3)), "copies of two measurements").to.equal(true);
    expect(isCopied(copied([numbers(300), list(300, () => oneOf(["a", "b"])), numbers(300)], 2))).to.equal(true);
  });

  it("are the same fifth for the same rows and seed", () => {
    const targets = classes(500);
    const first = holdOut([numbers(500)], targets, 42);
    expect(holdOut([numbers(500)], targets, 42)).to.deep.equal(first);
    expect(first.test.length).to.equal(100);
    expect(holdOut([numbers(500)], targets, 43).test).not.to.deep.equal(first.test);
  });

  it("contain no class with fewer than five rows, which is trained on instead", () => {
    const targets = Float64Array.from({ length: 104 }, (_, row) => (row === 50 ? 3 : row < 50 ? 0 : row < 101 ? 1 : 2));
    const { train, test, unmeasured } = holdOut([numbers(104)], targets, 42);
    expect(unmeasured).to.deep.equal([2, 3]);
    expect(train.filter((row) => (targets[row] ?? 0) > 1)).to.deep.equal([50, 101, 102, 103]);
    expect(train.length + test.length).to.equal(104);
  });

  it("divide a table with very few different rows by row", () => {
    const shown = list(400, () => oneOf(["0", "1"]));
    const { by, test } = holdOut([shown], classes(400), 42);
    expect(by).to.equal("row");
    expect(test.length).to.be.within(79, 81);
  });
});

describe("the macro-averaged F1", () => {
  it("ignores a class that is neither present nor predicted, as scikit-learn does", () => {
    expect(macroF1([0, 1, 1], [0, 1, 1], 3)).to.equal(1);
    expect(macroF1([0, 2, 1], [0, 1, 1], 3)).to.be.closeTo((1 + 2 / 3 + 0) / 3, 1e-12);
  });
});
