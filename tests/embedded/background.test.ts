import { expect } from "chai";
import { background } from "../../engine/up/background.ts";

const ignore = () => undefined;

describe("background work of up", () => {
  it("starts once, and its step ends when it ends", async () => {
    const ended = Promise.withResolvers<void>();
    let begun = 0;
    const engine = background("Engine", async (report) => {
      begun++;
      await ended.promise;
      report("nearly there");
      return { result: "built", summary: "built engine" };
    });
    engine.start();
    engine.start();
    const lines: string[] = [];
    const step = engine.step.run((line) => lines.push(line), ignore);
    ended.resolve();
    expect(await step).to.equal("built engine");
    expect(engine.step.result()).to.equal("built");
    expect(begun).to.equal(1);
    expect(lines).to.deep.equal(["nearly there"]);
  });

  it("starts with its step unless it was started earlier", async () => {
    let begun = 0;
    const engine = background("Engine", async () => ({ result: begun++ }));
    await engine.step.run(ignore, ignore);
    expect(begun).to.equal(1);
  });

  it("fails the step that waits for it, not an earlier one", async () => {
    const engine = background("Engine", async () => {
      throw new Error("no compiler");
    });
    engine.start();
    await new Promise(setImmediate);
    const failure = await engine.step.run(ignore, ignore).catch((error: unknown) => error);
    expect(String(failure)).to.contain("no compiler");
  });

  it("is canceled after another step has failed", async () => {
    const engine = background("Engine", (_, signal) => {
      return new Promise<never>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    });
    engine.start();
    engine.cancel();
    const failure = await engine.step.run(ignore, ignore).catch((error: unknown) => error);
    expect(failure).to.have.property("name", "AbortError");
  });
});
