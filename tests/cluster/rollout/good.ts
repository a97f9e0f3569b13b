import { expect } from "chai";
import { MODEL } from "../../../rollout/demo/stack.ts";
import { startRollout } from "../support/cluster.ts";
import type { Plot } from "./plot.ts";
import type { Story } from "./story.ts";

let driver: ReturnType<Story["drive"]> | undefined;

/** Kills the driver, whatever it is doing, and starts another. */
async function replaceDriver(story: Story): Promise<void> {
  driver?.kill("SIGKILL");
  await driver;
  driver = story.drive("--commit");
}

const weight = (story: Story) => story.setting("models", 0, "traffic", "canaryWeight");

/** A version that is no worse, with all that can come between. */
export const good: Plot = {
  title: "a version that is no worse",
  options: {
    name: "rollout-good",
    requestsPerSecond: 50,
    rollout: {
      // Each step waits for a person, so that nothing happens meanwhile, however slow the machine is.
      steps: [
        { percent: 1, approval: true },
        { percent: 50, approval: true },
      ],
      goals: [
        { kind: "errors", margin: 0.05 },
        { kind: "slow", seconds: 0.25, margin: 0.1 },
      ],
    },
  },
  scenes: [
    {
      title: "gets its first percent from the second driver, because the first one is killed before its first change",
      play: async (story) => {
        await story.start();
        driver = story.drive("--commit");
        await story.until("a move", ({ record }) => record === "move");
        await replaceDriver(story);
        await story.until("the start", ({ record }) => record === "moved");
        expect(await story.liveWeight()).to.equal(1);
        expect(await story.preview()).to.deep.equal([]);
      },
    },
    {
      title: "has one driver: another is told which process drives",
      play: async (story) => {
        const { exitCode, all } = await story.drive();
        expect(exitCode, all).to.equal(1);
        expect(all).to.include(`the driver of ${MODEL}'s rollout is running (process ${driver?.pid})`);
      },
    },
    {
      title: "goes on after a driver that was killed between two looks, at a decision, and while the engine ran",
      play: async (story) => {
        await story.more(2);
        await replaceDriver(story);
        await story.approve();
        await story.until("an advance", (record) => {
          return record.record === "decision" && record.decision.action === "advance";
        });
        await replaceDriver(story);
        await story.eventually("50 % in the stack file", async () => (await weight(story)) === 50);
        await replaceDriver(story);
        await story.eventually("a move that has arrived", async () => (await story.progress()).pending === undefined);
        expect(await story.liveWeight()).to.equal(50);
        expect(await story.preview()).to.deep.equal([]);
      },
    },
    {
      title: "is held while there is no Prometheus, and goes on with it",
      play: async (story) => {
        await story.prometheus.kill();
        await story.more(2, ({ read }) => read.missing !== undefined);
        await story.prometheus.start();
        await story.more(1, ({ read }) => read.counts !== undefined);
        const blind = (await story.decisions()).filter(({ read }) => read.missing !== undefined);
        expect(new Set(blind.map(({ decision }) => decision.action))).to.deep.equal(new Set(["hold"]));
      },
    },
    {
      title: "keeps the weight, and the other settings, that a person deploys meanwhile",
      play: async (story) => {
        await story.set(["monitoring", "alerts", "errorRatio"], 0.07);
        await story.set(["models", 0, "traffic", "canaryWeight"], 40);
        await story.up();
        await story.more(2, ({ decision }) => /not the step's 50 %/.test(decision.reasons[0] ?? ""));
        expect(await story.liveWeight()).to.equal(40);
        expect(await weight(story)).to.equal(40);
        await story.set(["models", 0, "traffic", "canaryWeight"], 50);
        await story.up();
        await story.more(1, ({ read }) => read.counts !== undefined);
      },
    },
    {
      title: "gets all of the requests, and takes over from the old version",
      play: async (story) => {
        await story.approve();
        await story.eventually("100 % in the stack file", async () => (await weight(story)) === 100);
        await replaceDriver(story);
        const { exitCode, all } = await (driver ?? story.drive());
        expect(exitCode, all).to.equal(0);
        expect(all).to.match(/iris: promoted$/m);
        const roles = ["stable", "canary", "canaryWeight"].map((key) => story.setting("models", 0, "traffic", key));
        expect(await Promise.all(roles)).to.deep.equal(["2", "1", 0]);
        expect(await story.liveWeight()).to.equal(0);
        expect(await story.answeringVersions(40)).to.deep.equal(["2"]);
        expect(await story.preview()).to.deep.equal([]);
        expect(await story.setting("monitoring", "alerts", "errorRatio")).to.equal(0.07);
        await story.report("no worse");
      },
    },
    {
      title: "can be read in the commits, and decided again from the records",
      play: async (story) => {
        const subjects = await story.commits();
        expect(subjects.filter((subject) => !subject.startsWith("Record "))).to.deep.equal([
          "Start the rollout of iris version 2 at 1 %",
          "Give iris version 2 50 % of the requests",
          "Make iris version 2 the stable version",
        ]);
        expect(await story.uncommitted()).to.equal("");
        const { exitCode, all } = await startRollout("replay", story.recordFile);
        expect(exitCode, all).to.equal(0);
        expect(all).to.match(/differences: 0$/m);
      },
    },
    {
      title: "costs no request",
      play: async (story) => {
        const { sent, failures } = await story.load.stop();
        expect(failures.slice(0, 5), `${failures.length} of ${sent} requests failed`).to.deep.equal([]);
        expect(sent).to.be.above(1000);
      },
    },
  ],
};
