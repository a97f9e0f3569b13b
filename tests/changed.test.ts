import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect } from "chai";
import { execa } from "execa";
import { codeFor, referencesIn, testsOfChanges } from "./changed.ts";

describe("the tests of changed files", () => {
  let folder: string;
  const write = async (file: string, text: string) => {
    await mkdir(path.dirname(path.join(folder, file)), { recursive: true });
    await writeFile(path.join(folder, file), text);
  };
  const git = (...args: string[]) =>
    execa("git", ["-C", folder, "-c", "user.name=t", "-c", "user.email=t@example.com", ...args]);
  const tests = ["tests/a.test.ts", "tests/b.test.ts", "tests/quality.test.ts"];

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "changed-"));
    await write("lib/deep.ts", "export const deep = 1;\n");
    await write("lib/middle.ts", 'import { deep } from "./deep.ts";\n');
    await write("data/table.csv", "1\n");
    await write("data/read.ts", "export const read = 1;\n");
    await write("tests/a.test.ts", 'import "../lib/middle.ts";\n');
    await write("tests/b.test.ts", 'run("data/read.ts");\n');
    await git("init", "--quiet");
    await git("add", "--all");
    await git("commit", "--quiet", "--message=first");
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const selected = () => testsOfChanges(folder, "HEAD", tests);

  it("are only the type check and lint if nothing has changed", async () => {
    expect(await selected()).to.deep.equal(["tests/quality.test.ts"]);
  });

  it("include those that import a changed file, directly or indirectly", async () => {
    await write("lib/deep.ts", "export const deep = 2;\n");
    expect(await selected()).to.deep.equal(["tests/a.test.ts", "tests/quality.test.ts"]);
  });

  it("include those that name a program next to a changed data file", async () => {
    await write("data/table.csv", "2\n");
    expect(await selected()).to.deep.equal(["tests/b.test.ts", "tests/quality.test.ts"]);
  });

  it("include those that import a deleted file or use a new one", async () => {
    await rm(path.join(folder, "lib/deep.ts"));
    expect(await selected()).to.include("tests/a.test.ts");
    await write("tests/b.test.ts", 'import "../lib/new.ts";\n');
    await write("lib/new.ts", "");
    expect(await selected()).to.deep.equal(tests);
  });

  it("are found by references relative to the file and to the repository", () => {
    const files = new Set(["lib/a.ts", "lib/b.ts", "Pulumi.yaml"]);
    const text = 'import "./b.ts"; read("Pulumi.yaml"); run("lib/a.ts"); other("missing.ts");';
    expect(referencesIn(text, "lib/x.ts", files)).to.deep.equal(["lib/b.ts", "Pulumi.yaml", "lib/a.ts"]);
  });

  it("are, for a data file, those of the nearest folder that contains code", () => {
    const files = new Set(["lib/a.ts", "lib/data/x.csv", "README.md"]);
    expect(codeFor("lib/data/x.csv", files)).to.deep.equal(["lib/data/x.csv", "lib/a.ts"]);
    expect(codeFor("README.md", files)).to.deep.equal(["README.md"]);
  });
});
