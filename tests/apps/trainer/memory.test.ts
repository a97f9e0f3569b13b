import { execFileSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "chai";

const APP = path.join(import.meta.dirname, "../../../apps/trainer");

/** Runs a module in a new process, with the trainer's folder as `app`; returns its output, parsed as JSON. */
function run(program: string): unknown {
  const code = `const app = ${JSON.stringify(APP)};\n${program}`;
  // A single-threaded garbage collector gives the same result on a busy machine.
  const flags = ["--single-threaded-gc", "--input-type=module", "--eval", code];
  return JSON.parse(execFileSync(process.execPath, flags, { encoding: "utf8" }));
}

describe("the trainer's memory", () => {
  it("has a young generation of constant size", () => {
    const program = (first: string) => `
      ${first}
      const { getHeapSpaceStatistics } = await import("node:v8");
      // So many live objects would make V8's young generation grow to its maximum.
      const kept = [];
      const sizes = [];
      for (let i = 0; i < 2e6; i++) {
        kept[i % 100000] = { i };
        if (i % 20000 === 0) sizes.push(getHeapSpaceStatistics().find((space) => space.space_name === "new_space").space_size);
      }
      // The median, because a collection may temporarily end with more pages.
      console.log(sizes.sort((a, b) => a - b)[sizes.length / 2]);
    `;
    expect(run(program(""))).to.be.above(8e6);
    expect(run(program("await import(app + '/young-generation.ts');"))).to.be.below(4e6);
  });

  it("is not spent on stripping types in production, because compiled code is cached", async () => {
    const repository = path.join(APP, "../..");
    const { scripts } = JSON.parse(await readFile(path.join(repository, "package.json"), "utf8"));
    expect(scripts.train).to.equal("sh scripts/run.sh apps/trainer/main.ts train");
    expect(await readFile(path.join(repository, "scripts/run.sh"), "utf8")).to.match(/^export NODE_COMPILE_CACHE=/m);
    for (const image of ["trainer", "combined"]) {
      const [, ...lines] = (await readFile(path.join(APP, "..", image, "Dockerfile"), "utf8")).split("\n");
      const place = (pattern: RegExp) => lines.findIndex((line) => pattern.test(line));
      expect(place(/NODE_COMPILE_CACHE=/), image)
        .to.be.above(0)
        .and.below(place(/^USER 1000:1000$/));
      expect(place(/^USER 1000:1000$/), image).to.be.below(place(/^RUN .*node apps\/trainer\/main.ts train /));
    }
  });

  it("does not contain ONNX Runtime while a model is fitted", () => {
    const loaded = run(`
      const { fitTextClassifier } = await import(app + "/models/text-classifier.ts");
      const { fitFeatureClassifier } = await import(app + "/models/feature-classifier.ts");
      await import(app + "/tasks/index.ts");
      const options = { ngrams: 2, skips: 0, minRows: 1, inversePenalty: 1, description: "" };
      await fitTextClassifier(["so good", "so bad – “naïve”"], [1, 0], 2, options);
      await fitFeatureClassifier(Float32Array.of(1, 2, 3, 4), [0, 1], 2, 2, options);
      console.log(JSON.stringify(process.report.getReport().sharedObjects));
    `);
    expect(loaded).to.be.an("array").that.is.not.empty;
    expect((loaded as string[]).filter((file) => file.includes("onnxruntime"))).to.deep.equal([]);
  });
});
