import { expect } from "chai";
import { pointsOf } from "../../../rollout/demo/curve.ts";
import { faultyVersion, setCanary } from "../../../rollout/demo/stack.ts";
import type { Plot } from "./plot.ts";
import type { Story } from "./story.ts";

const ROLLOUT = {
  steps: [25],
  goals: [
    { kind: "errors", margin: 0.005 },
    { kind: "slow", seconds: 0.1, margin: 0.05 },
  ],
};

/**
 * Rolls out a version that must be aborted for a reason, after which everything is as before.
 *
 * @param unfinished what a preview may still find: pods that are not ready are work to do for the engine. @default nothing
 */
async function expectAbort(
  story: Story,
  version: Readonly<Record<string, unknown>>,
  reason: RegExp,
  unfinished?: RegExp,
): Promise<void> {
  await setCanary(story.file, version);
  const { exitCode, all } = await story.rollOut();
  expect(exitCode, all).to.equal(3);
  const { ended, history } = await story.progress();
  expect(ended).to.equal("aborted");
  expect(history.at(-1)?.text).to.match(reason);
  expect(await story.setting("models", 0, "traffic", "canaryWeight")).to.equal(0);
  expect(await story.liveWeight()).to.equal(0);
  expect(await story.answeringVersions(20)).to.deep.equal(["1"]);
  const changes = await story.preview();
  expect(changes.filter((line) => unfinished?.test(line) !== true)).to.deep.equal([]);
}

/** Versions that work, and are worse. */
export const worse: Plot = {
  title: "a version that is worse",
  options: { name: "rollout-worse", requestsPerSecond: 50, rollout: ROLLOUT },
  scenes: [
    {
      title: "is aborted if it fails for 2 % of the requests; only those have failed, and none after the abort",
      play: async (story) => {
        await expectAbort(story, faultyVersion("2", "rare-inputs"), /^abort: version 2 is worse: errors lately /);
        await story.report("fails 2 % more");
        const { failures } = story.load.result;
        const others = failures.filter(({ rare, what }) => !rare || what !== "500");
        expect(others).to.deep.equal([]);
        const counted = (await story.decisions()).map(({ read }) => read.counts?.["2"]?.goals[0]?.bad ?? 0);
        const bad = counted.reduce((sum, each) => sum + each, 0);
        expect(bad).to.be.above(0);
        expect(failures.length).to.be.at.least(bad);
        const end = pointsOf(await story.records()).at(-1)?.at ?? 0;
        expect(failures.filter(({ at }) => at > end)).to.deep.equal([]);
      },
    },
    {
      title: "is aborted if it answers 100 ms later; no request has failed",
      play: async (story) => {
        const before = story.load.result.failures.length;
        await expectAbort(story, faultyVersion("3", "slow"), /^abort: version 3 is worse: slower than 0\.1 s lately /);
        await story.report("100 ms later");
        expect(story.load.result.failures.slice(before)).to.deep.equal([]);
      },
    },
  ],
};

/** Versions that do not run, and requests that do not come. */
export const broken: Plot = {
  title: "a version that does not run",
  options: { name: "rollout-broken", requestsPerSecond: 20, rollout: ROLLOUT },
  scenes: [
    {
      title: "is aborted if it crashes; no more requests have failed than its share",
      play: async (story) => {
        const { sent } = story.load.result;
        await expectAbort(
          story,
          faultyVersion("2", "crash"),
          /^abort: version 2( has had no ready pod|'s containers crashed)/,
        );
        await story.report("crashes");
        const { failures, sent: all } = story.load.result;
        const end = pointsOf(await story.records()).at(-1)?.at ?? 0;
        expect(failures.filter(({ at }) => at > end)).to.deep.equal([]);
        expect(failures.filter(({ what }) => !/^50[023]$/.test(what))).to.deep.equal([]);
        expect(failures.length).to.be.at.most(Math.ceil((all - sent) / 4));
      },
    },
    {
      title: "gets no request if its pods never become ready",
      play: async (story) => {
        const before = story.load.result.failures.length;
        const version = { version: "3", environment: { LOG_LEVEL: "loud" } };
        await expectAbort(
          story,
          version,
          /^abort by the driver: .*(keeps crashing|pods ready)/,
          /^~ Deployment iris-v3/,
        );
        await story.report("never ready");
        const weights = pointsOf(await story.records()).map(({ weight }) => weight);
        expect(new Set(weights)).to.deep.equal(new Set([0]));
        expect((await story.progress()).state.exposure).to.equal(0);
        expect(story.load.result.failures.slice(before)).to.deep.equal([]);
      },
    },
    {
      title: "is held without requests, until a person aborts it",
      play: async (story) => {
        await setCanary(story.file, { version: "3" });
        await story.load.stop();
        await story.start();
        const driver = story.drive();
        await story.more(3, ({ decision }) => /^no requests to version /.test(decision.reasons[0] ?? ""));
        const actions = (await story.decisions()).map(({ decision }) => decision.action);
        expect(new Set(actions)).to.deep.equal(new Set(["hold"]));
        expect(await story.preview()).to.deep.equal([]);
        const { exitCode, all } = await story.ask("abort", "--reason", "seen enough");
        expect(exitCode, all).to.equal(0);
        expect(all).to.include(`aborts it (process ${driver.pid})`);
        const ended = await driver;
        expect(ended.exitCode, ended.all).to.equal(3);
        expect((await story.progress()).history.at(-1)?.text).to.match(/^abort by .*: seen enough$/);
        expect(await story.liveWeight()).to.equal(0);
      },
    },
  ],
};
