import { expect } from "chai";
import { stepTable, stepTimes } from "../../bench/up-steps.ts";

async function* lines(...texts: string[]): AsyncIterable<string> {
  yield* texts;
}

describe("the steps of up", () => {
  const output = [
    "This will:",
    "  - build etcd v3.7.3 into /cache (once; about 9 min on two cores)",
    "Building etcd v3.7.3 …",
    "  12 packages compiled (2.0 s)",
    "Building etcd v3.7.3: done (26.1 s)",
    "Images of the apps …",
    "Images of the apps: built inference, trainer (3.9 s)",
    "Gateway   http://127.0.0.1:8080",
  ];

  it("are timed by wall clock, and by processor time since the step before", async () => {
    const used = [50, 54.5];
    const steps = await stepTimes(1, lines(...output), async () => used.shift() ?? 0);
    expect(steps).to.deep.equal([
      { name: "Building etcd v3.7.3", wallSeconds: 26.1, processorSeconds: 50 },
      { name: "Images of the apps", wallSeconds: 3.9, processorSeconds: 4.5 },
    ]);
    expect(stepTable(steps).split("\n").at(-1)?.split(/ {2,}/)).to.deep.equal(["all", "30.0 s", "54.5 s"]);
  });

  it("are reported even if the command ends before its processor time is read", async () => {
    const gone = async () => {
      throw new Error("ENOENT");
    };
    expect((await stepTimes(1, lines(...output), gone)).map(({ wallSeconds }) => wallSeconds)).to.deep.equal([
      26.1, 3.9,
    ]);
  });
});
