import { rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { expect } from "chai";
import { UserError } from "../../../../apps/registry/index.ts";
import type { ReadOptions } from "../../../../apps/trainer/input/table/options.ts";
import { readTable } from "../../../../apps/trainer/input/table/table.ts";
import { readRows } from "../../../../apps/trainer/score/rows.ts";
import { temporaryDirectory } from "../support.ts";

describe("a data file", () => {
  let folder: string;
  before(async () => {
    folder = await temporaryDirectory();
  });
  after(() => rm(folder, { recursive: true, force: true }));

  async function file(content: string | Buffer, name = "data.csv"): Promise<string> {
    const where = path.join(folder, name);
    await writeFile(where, content);
    return where;
  }
  const read = async (content: string | Buffer, options: ReadOptions = {}, name?: string) => {
    const { columns, rows, notes, missing } = await readTable(await file(content, name), [], options);
    return { columns, fields: rows.map((row) => Object.values(row.fields)), notes, missing };
  };
  const refused = async (content: string | Buffer, message: string, options: ReadOptions = {}, name?: string) => {
    const where = await file(content, name);
    const error = await readTable(where, [], options).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(UserError);
    expect(error).to.have.property("message", message.replaceAll("FILE", where));
  };
  const wide = (text: string, order: "le" | "be", mark: boolean) => {
    const bytes = Buffer.from(`${mark ? "\uFEFF" : ""}${text}`, "utf16le");
    return order === "le" ? bytes : bytes.swap16();
  };

  it("is read in the encodings that spreadsheets write", async () => {
    const text = "city,x\nMalmö,1\nŁódź,2\n";
    const expected = [
      ["Malmö", "1"],
      ["Łódź", "2"],
    ];
    for (const bytes of [
      Buffer.from(text),
      Buffer.from(`\uFEFF${text}`),
      wide(text, "le", true),
      wide(text, "be", true),
      wide(text, "le", false),
      wide(text, "be", false),
    ]) {
      const { columns, fields } = await read(bytes);
      expect(columns).to.deep.equal(["city", "x"]);
      expect(fields).to.deep.equal(expected);
    }
    expect((await read(Buffer.from(`\uFEFF${text}`))).notes).to.deep.equal([]);
    expect((await read(wide(text, "le", true))).notes).to.deep.equal(["read as UTF-16LE"]);
  });

  it("says when it was read as Windows-1252, and takes the encoding that is named", async () => {
    const { fields, notes } = await read(Buffer.from("a,b\n1,x\n2,caf\xe9 \x80\n", "latin1"));
    expect(fields[1]).to.deep.equal(["2", "café €"]);
    expect(notes).to.deep.equal([
      'is not UTF-8, read as Windows-1252: "café" in line 3; name another encoding with --param encoding=NAME',
    ]);
    const cyrillic = Buffer.from("a,b\n1,\xcc\xee\xf1\xea\xe2\xe0\n", "latin1");
    const named = await read(cyrillic, { encoding: "windows-1251" });
    expect(named).to.deep.include({ fields: [["1", "Москва"]], notes: [] });
    await refused(cyrillic, "FILE is not utf-8; save it as UTF-8, or name its encoding with --param encoding=NAME", {
      encoding: "utf-8",
    });
    await refused(
      "a,b\n1,2\n",
      "there is no encoding klingon; name one such as utf-8, utf-16le, windows-1251, shift_jis",
      {
        encoding: "klingon",
      },
    );
    await refused(
      Buffer.from("a,b\n\xff\x81,2\n", "latin1"),
      "FILE, line 2: is neither UTF-8 nor UTF-16 nor Windows-1252; save the file as UTF-8, or name its encoding with --param encoding=NAME",
    );
  });

  it("is divided by the separator that its lines have in common", async () => {
    for (const [separator, name] of [
      [";", "semicolons"],
      ["\t", "tabs"],
      ["|", "vertical bars"],
    ]) {
      const { columns, fields, notes } = await read(
        `a,1${separator}b\nx, y${separator}2\n"p${separator}q"${separator}3\n`,
      );
      expect(columns).to.deep.equal(["a,1", "b"]);
      expect(fields).to.deep.equal([
        ["x, y", "2"],
        [`p${separator}q`, "3"],
      ]);
      expect(notes).to.deep.equal([`fields are separated by ${name}`]);
    }
    expect((await read("a,b\n1;2,3;4\n5;6,7;8\n")).fields[0]).to.deep.equal(["1;2", "3;4"]);
    expect((await read("sep=;\r\na;b\r\n1;2\r\n")).fields).to.deep.equal([["1", "2"]]);
    expect((await read("a;b\n1;2\n", { separator: "," })).columns).to.deep.equal(["a;b"]);
    expect((await read("value\n1\n2\n")).fields).to.deep.equal([["1"], ["2"]]);
    expect((await read("a,b\r1,2\r3,4\r")).fields).to.deep.equal([
      ["1", "2"],
      ["3", "4"],
    ]);
    expect((await read('a,b\r\n"x\ny",2\n3,4\r\n')).fields).to.deep.equal([
      ["x\ny", "2"],
      ["3", "4"],
    ]);
    expect((await read('size,b\n5" pipe,1\n')).fields).to.deep.equal([['5" pipe', "1"]]);
    await refused(
      "a b c\n1 2 3\n4 5 6\n7 8 9\n",
      "FILE, line 1: fields seem to be separated by spaces; separate them by commas",
    );
  });

  it("loses the columns that only number or name its rows", async () => {
    const notes = ["column 1, which has no name, numbers the rows and was left out"];
    expect(await read(",a,b\n0,5,x\n1,6,y\n")).to.deep.include({ columns: ["a", "b"], notes });
    expect((await read('"","a","b"\n"Mazda","5","x"\n"Fiat","6","y"\n')).notes).to.deep.equal([
      "column 1, which has no name, names the rows and was left out",
    ]);
    expect((await read("Unnamed: 0,a,b\n1,5,x\n2,6,y\n")).columns).to.deep.equal(["a", "b"]);
    expect((await read("a,b\nMazda,5,x\nFiat,6,y\n")).fields).to.deep.equal([
      ["5", "x"],
      ["6", "y"],
    ]);
    expect((await read("id,a,b\n1,5,x\n2,6,y\n")).columns).to.deep.equal(["a", "b"]);
    expect((await read("id,a,b\n7,5,x\n9,6,y\n")).columns, "ids that do not count").to.deep.equal(["id", "a", "b"]);
    expect((await read("day,y\n0,5\n1,6\n")).columns, "a feature that counts").to.deep.equal(["day", "y"]);
    expect((await read("a,b,\n1,2,\n3,4,\n")).columns, "a comma at the end").to.deep.equal(["a", "b"]);
  });

  it("has each name once", async () => {
    const { columns, fields, notes } = await read("a,a,a,,y\n1,2,1,5,p\n3,4,3,5,q\n");
    expect(columns).to.deep.equal(["a", "a_2", "column_4", "y"]);
    expect(fields[0]).to.deep.equal(["1", "2", "5", "p"]);
    expect(notes).to.deep.equal([
      "a second column a is called a_2",
      "column a appears twice with the same values; the second was left out",
      "column 4 has no name and is called column_4",
    ]);
    expect((await read("a,a,a_2\n1,2,3\n1,3,4\n")).columns).to.deep.equal(["a", "a_3", "a_2"]);
  });

  it("may write missing values in words, of which some count only among numbers", async () => {
    const { fields, notes, missing } = await read("n,w\n1,None\nNA,N/A\n?,x\n-,y\nNone,-\n2.5,x\n");
    expect(fields).to.deep.equal([
      ["1", "None"],
      ["", ""],
      ["", "x"],
      ["", "y"],
      ["", "-"],
      ["2.5", "x"],
    ]);
    expect(notes).to.deep.equal(["read as missing values: n (1 × NA, 1 × ?, 1 × -, 1 × None), w (1 × N/A)"]);
    expect(missing.get("w")).to.deep.equal(["N/A"]);
    expect((await read("n,w\n-999,a\n3,leer\n", { missing: ["-999", "leer"] })).fields).to.deep.equal([
      ["", "a"],
      ["3", ""],
    ]);
  });

  it("may write numbers as people do, where that is clear", async () => {
    const column = async (fields: readonly string[], options?: ReadOptions, other: readonly string[] = []) =>
      (
        await read(`n;o;w\n${fields.map((field, i) => `${field};${other[i] ?? i};w${i}`).join("\n")}\n`, options)
      ).fields.map(([first]) => first);
    expect(await column(["1,5", "-2,25", "3"])).to.deep.equal(["1.5", "-2.25", "3"]);
    expect(await column(["1.234,5", "12.000,00"])).to.deep.equal(["1234.5", "12000.00"]);
    expect(await column(["1,234.5", "12,000"])).to.deep.equal(["1234.5", "12000"]);
    expect(await column(["1,234,567", "999"])).to.deep.equal(["1234567", "999"]);
    expect(await column(["1 234", "12\u00a0345,5"])).to.deep.equal(["1234", "12345.5"]);
    expect(await column(["$1,200", "-$3.50", "$ 7"])).to.deep.equal(["1200", "-3.50", "7"]);
    expect(await column(["45%", "7.5 %"])).to.deep.equal(["45", "7.5"]);
    expect(await column(["0,123", "0,250"])).to.deep.equal(["0.123", "0.250"]);
    expect(await column(["1.234", "5.678"])).to.deep.equal(["1.234", "5.678"]);
    // A column beside it that has decimal commas tells what the point is.
    expect(await column(["1.234", "5.678"], {}, ["1,5", "2,5"])).to.deep.equal(["1234", "5678"]);
    expect(await column(["1,234", "5,678"], {}, ["1,5", "2,5"])).to.deep.equal(["1.234", "5.678"]);
    expect(await column(["1,234", "5,678"], { decimal: "." })).to.deep.equal(["1234", "5678"]);
    expect(await column(["1,234", "5,678"], { decimal: "," })).to.deep.equal(["1.234", "5.678"]);
    expect(await column(["2020-01-02", "2020-01-03"])).to.deep.equal(["2020-01-02", "2020-01-03"]);
    await refused(
      "n;w\n5,678;b\n1,234;a\n",
      'FILE, line 2, column n: "5,678" can be 5678 or 5.678; give --param decimal=. or --param decimal=,',
    );
    expect((await read("n;w\n1,5;a\n2;b\n")).notes).to.include("read as numbers: n (decimal comma)");
  });

  it("has the columns of all its lines if it is JSONL", async () => {
    const { columns, fields } = await read('{"a":1,"b":true}\n\n{"a":null,"c":"x"}\n', {}, "d.jsonl");
    expect(columns).to.deep.equal(["a", "b", "c"]);
    expect(fields).to.deep.equal([
      ["1", "true", ""],
      ["", "", "x"],
    ]);
    await refused(
      '{"a":{"b":1}}\n',
      "FILE, line 1, column a: is an object; give each value a column of its own",
      {},
      "d.jsonl",
    );
    await refused(
      '{"a":1}\n{"a":[1]}\n',
      "FILE, line 2, column a: is a list; give each value a column of its own",
      {},
      "d.ndjson",
    );
  });

  it("is refused in one line, with its place and a remedy, if it is something else", async () => {
    await refused(
      Buffer.from("PK\x03\x04rest"),
      "FILE is an Excel workbook or a ZIP archive, not CSV or JSONL; save the sheet as CSV, or unpack the archive",
    );
    await refused(gzipSync("a,b\n1,2\n"), "FILE is compressed with gzip, not CSV or JSONL; unpack it with gunzip");
    await refused("<!DOCTYPE html><p>Not found", "FILE is a web page, not CSV or JSONL; download the data itself");
    await refused(
      '[{"a":1}]',
      "FILE has JSON; give it a name that ends in .jsonl, with one object per line (jq -c '.[]' makes that of a list)",
    );
    await refused("a,b\n1,\0\n", "FILE, line 2: has a zero byte, as binary files have; give CSV or JSONL");
    const parts = "fields are separated by commas, put fields that contain one in double quotes";
    await refused("a,b\n1,2\n1,2,3\n", `FILE, line 3: has 3 fields, the header has 2; ${parts}`);
    await refused("a,b\n1,2\n3\n", `FILE, line 3: has 1 field, the header has 2; ${parts}`);
    await refused(
      "5.1,3.5,setosa\n4.9,3.0,setosa\n",
      'FILE, line 1: "5.1,3.5,setosa" looks like data, not like names of columns; add a first line with the names',
    );
    expect((await read("0,1,2\n5.1,3.5,a\n4.9,3.0,b\n")).columns, "pandas' names").to.deep.equal(["0", "1", "2"]);
    expect((await read("town,2019,2020\nx,3,4\ny,5,6\n")).columns, "years").to.deep.equal(["town", "2019", "2020"]);
    expect((await read("a,b,,\n1,2,,\n,,,\n3,4,,\n")).notes).to.deep.equal(["1 empty rows were left out"]);
  });

  it("is read in the same way for scoring", async () => {
    const scored = async (content: string | Buffer) => {
      const rows: unknown[] = [];
      for await (const { fields } of readRows(await file(content, "score.csv"))) rows.push(fields);
      return rows;
    };
    const expected = [
      { city: "Malmö", x: "1" },
      { city: "Ås", x: "2" },
    ];
    expect(await scored("city;x\nMalmö;1\nÅs;2\n")).to.deep.equal(expected);
    expect(await scored(Buffer.from("city\tx\nMalmö\t1\nÅs\t2\n", "latin1"))).to.deep.equal(expected);
    expect(await scored(wide("city,x\nMalmö,1\nÅs,2\n", "le", true))).to.deep.equal(expected);
    expect(await scored("sep=;\ncity;x\nMalmö;1\nÅs;2\n")).to.deep.equal(expected);
    expect(await scored("a,a,\n1,2,3\n")).to.deep.equal([{ a: "1", a_2: "2", column_3: "3" }]);
  });
});
