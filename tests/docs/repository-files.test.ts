import { access, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "chai";
import { execa } from "execa";
import { parse } from "yaml";
import { GROUPS } from "../groups.ts";
import { type Checkout, copyCheckout } from "./checkout.ts";
import { REPOSITORY } from "./pages.ts";

const text = (file: string) => readFile(path.join(REPOSITORY, file), "utf8");

describe("continuous integration", () => {
  it("runs every group of suites, the fast ones on pull requests", async () => {
    const { jobs } = parse(await text(".github/workflows/ci.yaml"));
    const groups = ["fast", "slow"].flatMap((job) => jobs[job].strategy.matrix.group as string[]);
    expect(groups.toSorted()).to.deep.equal(GROUPS.toSorted());
    expect(jobs.fast.if).to.equal(undefined);
    expect(jobs.slow.if).to.match(/schedule/);
  });

  it("calls only npm scripts that exist", async () => {
    const { scripts } = JSON.parse(await text("package.json"));
    const workflow = (await text(".github/workflows/ci.yaml")).replace(/\$\{\{ matrix\.group \}\}/g, "unit");
    const called = Array.from(workflow.matchAll(/npm run ([\w:-]+)/g), ([, script]) => script);
    expect(called).to.include("typecheck");
    expect(Object.keys(scripts)).to.include.members(called);
  });
});

describe("dependency updates", () => {
  it("cover every folder with a go.mod", async () => {
    const { updates } = parse(await text(".github/dependabot.yml"));
    const { directories } = updates.find((update: Record<string, string>) => update["package-ecosystem"] === "gomod");
    const { stdout } = await execa("git", ["ls-files", "*/go.mod"], { cwd: REPOSITORY });
    const folders = stdout.split("\n").map((file) => `/${path.dirname(file)}`);
    // A replacement for a module that was never published; it has no dependencies.
    const others = folders.filter((folder) => !folder.endsWith("/traefik/ext"));
    const uncovered = others.filter((folder) => !directories.some((glob: string) => path.matchesGlob(folder, glob)));
    expect(uncovered).to.deep.equal([]);
  });
});

describe("the pre-commit hook", function () {
  this.timeout(60_000);
  let copy: Checkout;
  before(async () => {
    copy = await copyCheckout();
    await access(path.join(copy.folder, "hooks/pre-commit"));
  });
  after(() => copy.remove());

  const commit = async (file: string, content: string) => {
    await writeFile(path.join(copy.folder, file), content);
    const options = { cwd: copy.folder, reject: false, all: true } as const;
    await execa("git", ["reset", "--quiet"], options);
    await execa("git", ["add", "--force", file], options);
    return execa("git", ["-c", "core.hooksPath=hooks", "commit", "--quiet", "--message", "Try"], {
      ...options,
      env: {
        GIT_AUTHOR_NAME: "T",
        GIT_AUTHOR_EMAIL: "t@example.com",
        GIT_COMMITTER_NAME: "T",
        GIT_COMMITTER_EMAIL: "t@example.com",
      },
    });
  };

  it("stops a commit of a file that is not formatted, and says which", async () => {
    const { exitCode, all } = await commit("wrong.json", '{"a":1,\n"b":  2}\n');
    expect(exitCode).to.not.equal(0);
    expect(all).to.contain("wrong.json");
  });

  it("accepts a formatted file, and files of types that it does not check", async () => {
    for (const [file, content] of [
      ["right.json", '{ "a": 1 }\n'],
      ["notes.txt", "anything\n"],
    ] as const) {
      const { exitCode, all } = await commit(file, content);
      expect(exitCode, all).to.equal(0);
    }
  });
});
