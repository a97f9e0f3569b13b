import { expect } from "chai";
import { PageRun } from "./page-run.ts";
import { type Block, blocksOf, readBlocks, testedPages, titleOf } from "./pages.ts";

const pages = new Map<string, readonly Block[]>();
for (const page of await testedPages()) pages.set(page, await readBlocks(page));

describe("the commands of the guides, without a cluster", function () {
  this.timeout(120_000);

  for (const [page, blocks] of pages) {
    const alone = blocks.filter(({ mode }) => mode !== "cluster" && mode !== "not run");
    if (alone.length === 0) continue;
    describe(page, () => {
      let run: PageRun;
      before(async () => {
        run = await PageRun.start();
      });
      after(() => run.end());
      for (const block of alone) it(titleOf(block), () => run.run(block));
    });
  }

  it("are all run, except those that say why they are not", () => {
    const left = [...pages.values()].flat().filter(({ mode }) => mode === "not run");
    for (const block of left) {
      console.log(`      not run: ${titleOf(block)}\n        ${block.reason}`);
      expect(block.reason.length, titleOf(block)).to.be.above(15);
    }
  });
});

describe("the shell blocks of a page", () => {
  const page = (...lines: string[]) => blocksOf("page.md", lines.join("\n"));

  it("are classified by their marks", () => {
    const text = ["```sh", "a", "b", "```", "```sh cluster", "c", "```", "```yaml", "d: e", "```"];
    const blocks = page(...text, "```sh not run: needs a person", "f", "```", "```sh background", "g", "```");
    expect(blocks.map(({ line, mode, reason, script }) => [line, mode, reason, script])).to.deep.equal([
      [1, "alone", "", "a\nb"],
      [5, "cluster", "", "c"],
      [11, "not run", "needs a person", "f"],
      [14, "background", "", "g"],
    ]);
  });

  it("cannot be skipped by mistake", () => {
    expect(() => page("```sh clutser", "a", "```")).to.throw('page.md:1: "sh clutser" is no mark of a shell block');
    expect(() => page("```sh not run:", "a", "```")).to.throw("is no mark of a shell block");
    expect(() => page("```bash", "a", "```")).to.throw('page.md:1: mark shell commands as "sh"');
    expect(() => page("text", "", "    npm run up")).to.throw("page.md:3: an indented command is not tested");
    expect(() => page("```sh", "a")).to.throw("page.md:1: this fence is not closed");
  });
});
