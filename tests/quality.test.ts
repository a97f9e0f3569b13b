import path from "node:path";
import { expect } from "chai";
import { execa } from "execa";

const repository = path.resolve(import.meta.dirname, "..");
const run = (program: string, ...args: string[]) =>
  execa(path.join(repository, "node_modules/.bin", program), args, { cwd: repository, reject: false, all: true });

describe("the source", function () {
  this.timeout(300_000);

  it("type-checks", async () => {
    const { exitCode, all } = await run("tsc", "--noEmit");
    expect(exitCode, all).to.equal(0);
  });

  it("is linted and formatted", async () => {
    const { exitCode, all } = await run("biome", "check", ".");
    expect(exitCode, all).to.equal(0);
  });
});
