import path from "node:path";
import { expect } from "chai";
import { execa } from "execa";
import { alarm } from "../../../../apps/inference/http/deadlines.ts";

/** As requests do: each with some memory of its own, fifty at a time, through collections of the young alone. */
const HELD = `
  const { alarm } = await import(${JSON.stringify(path.resolve(import.meta.dirname, "../../../../apps/inference/http/deadlines.ts"))});
  function requests(rounds) {
    const waiting = [];
    for (let round = 0; round < rounds; round++) {
      for (let index = 0; index < 100; index++) {
        const memory = new Array(250).fill(index);
        waiting.push(alarm(performance.now() + 30_000, () => memory.length));
        if (waiting.length > 50) waiting.shift()?.();
      }
      gc({ type: "minor" });
    }
    for (const callOff of waiting) callOff();
  }
  requests(50);
  gc();
  const before = process.memoryUsage().heapUsed;
  requests(400);
  console.log(process.memoryUsage().heapUsed - before);
`;

describe("the alarms of requests", () => {
  it("ring at their time, whatever the order they were set in, unless they are called off", async () => {
    const rung: number[] = [];
    const set = (ms: number) => alarm(performance.now() + ms, () => rung.push(ms));
    const callOff = [30, 10, 20, 11, 40].map(set);
    callOff[3]?.();
    callOff[3]?.();
    await new Promise<void>((resolve) => alarm(performance.now() + 60, resolve));
    callOff[0]?.();
    expect(rung.sort()).to.deep.equal([10, 20, 30, 40]);
  });

  it("share a timer that no request has to set, also after a pause", async () => {
    const { setTimeout: real } = globalThis;
    alarm(performance.now() + 10, () => {})();
    await new Promise((resolve) => real(resolve, 50));
    let set = 0;
    globalThis.setTimeout = Object.assign((...args: Parameters<typeof real>) => {
      set += 1;
      return real(...args);
    }, real);
    try {
      alarm(performance.now() + 30_000, () => {})();
      expect(set).to.equal(0);
      // One that is due before the timer is: it has to.
      await new Promise<void>((resolve) => alarm(performance.now() + 10, resolve));
      expect(set).to.be.greaterThan(0);
    } finally {
      globalThis.setTimeout = real;
    }
  });

  it("hold on to nothing once they are called off", async () => {
    // Collected by the thread that asks for it, and nothing is moved or counted by others meanwhile.
    const flags = ["--expose-gc", "--single-threaded-gc", "--input-type=module", "--eval", HELD];
    const { stdout } = await execa(process.execPath, flags);
    // 80 MB went through; a set of alarms kept 45 of them until the next full collection.
    expect(Number(stdout)).to.be.lessThan(5e6);
  });
});
