import path from "node:path";
import { expect } from "chai";
import { execa } from "execa";
import { Deadlines } from "../../../../apps/inference/http/deadlines.ts";

/** Sets deadlines as requests do: each holds some memory, fifty at a time, across minor collections. */
const HELD = `
  const { Deadlines } = await import(${JSON.stringify(path.resolve(import.meta.dirname, "../../../../apps/inference/http/deadlines.ts"))});
  const deadlines = new Deadlines();
  function requests(rounds) {
    const waiting = [];
    for (let round = 0; round < rounds; round++) {
      for (let index = 0; index < 100; index++) {
        const memory = new Array(250).fill(index);
        waiting.push(deadlines.set(performance.now() + 30_000, () => memory.length));
        if (waiting.length > 50) waiting.shift()?.();
      }
      gc({ type: "minor" });
    }
    for (const cancel of waiting) cancel();
  }
  requests(50);
  gc();
  const before = process.memoryUsage().heapUsed;
  requests(400);
  console.log(process.memoryUsage().heapUsed - before);
`;

describe("deadlines", () => {
  const deadlines = new Deadlines();

  it("expire on time in any order, unless they are cancelled", async () => {
    const expired: number[] = [];
    const set = (ms: number) => deadlines.set(performance.now() + ms, () => expired.push(ms));
    const cancel = [30, 10, 20, 11, 40].map(set);
    cancel[3]?.();
    cancel[3]?.();
    await new Promise<void>((resolve) => deadlines.set(performance.now() + 60, resolve));
    cancel[0]?.();
    expect(expired.sort()).to.deep.equal([10, 20, 30, 40]);
  });

  it("share a timer that no request has to start, even after a pause", async () => {
    const { setTimeout: real } = globalThis;
    deadlines.set(performance.now() + 10, () => {})();
    await new Promise((resolve) => real(resolve, 50));
    let set = 0;
    globalThis.setTimeout = Object.assign((...args: Parameters<typeof real>) => {
      set += 1;
      return real(...args);
    }, real);
    try {
      deadlines.set(performance.now() + 30_000, () => {})();
      expect(set).to.equal(0);
      // A deadline before the next tick has to restart the timer.
      await new Promise<void>((resolve) => deadlines.set(performance.now() + 10, resolve));
      expect(set).to.be.greaterThan(0);
    } finally {
      globalThis.setTimeout = real;
    }
  });

  it("retain no memory once they are cancelled", async () => {
    // Single-threaded, so that nothing is collected or counted concurrently.
    const flags = ["--expose-gc", "--single-threaded-gc", "--input-type=module", "--eval", HELD];
    const { stdout } = await execa(process.execPath, flags);
    // 80 MB were allocated; a Set of deadlines kept 45 MB of them until the next full collection.
    expect(Number(stdout)).to.be.lessThan(5e6);
  });
});
