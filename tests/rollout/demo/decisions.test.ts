import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect } from "chai";
import { decide } from "../../../rollout/decide/decide.ts";
import type { Plan } from "../../../rollout/decide/plan.ts";
import { initialState } from "../../../rollout/decide/state.ts";
import { RARE_SHARE, ROLLOUT } from "../../../rollout/demo/demo.ts";
import { demoStackFile, MODEL, SCRAPE_SECONDS } from "../../../rollout/demo/stack.ts";
import { readStackFiles } from "../../../rollout/live/stack-file.ts";
import { planFromStack } from "../../../rollout/stack-plan.ts";
import { NOON, readOf } from "../support.ts";

const RATE = 60;

describe("the rollouts of the demonstration", () => {
  let plan: Plan;
  before(async () => {
    const folder = await mkdtemp(path.join(tmpdir(), "rollout-demo-"));
    try {
      const file = path.join(folder, "Pulumi.rollout-demo.yaml");
      const prometheus = "http://127.0.0.1:9090";
      await writeFile(file, await demoStackFile({ name: "rollout-demo", rollout: ROLLOUT, prometheus }));
      const counts = ROLLOUT.goals.map(() => ({ bad: 0, total: 600 }));
      plan = planFromStack((await readStackFiles([file])).resolved, MODEL, { requestsPerSecond: RATE, counts });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  /** The first decision other than to hold, and the seconds until then, if this share of the canary's requests fails. */
  function decided(failing: number): { action: string; seconds: number } {
    let state = initialState(plan);
    for (let seconds = SCRAPE_SECONDS; seconds < 3600; seconds += SCRAPE_SECONDS) {
      const share = plan.steps[state.step]?.share ?? 0;
      const requests = RATE * SCRAPE_SECONDS;
      const canary = [requests * share, Math.round(requests * share * failing), 0];
      const stable = [requests * (1 - share), 0, 0];
      const next = decide(
        plan,
        state,
        readOf(share, canary, stable, { seconds: SCRAPE_SECONDS, at: NOON + seconds * 1000 }),
      );
      state = next.state;
      if (next.decision.action !== "hold") return { action: next.decision.action, seconds };
    }
    return { action: "hold", seconds: 3600 };
  }

  it("abort the bad version within a minute of requests", () => {
    const { action, seconds } = decided(RARE_SHARE);
    expect(action).to.equal("abort");
    expect(seconds).to.be.at.most(60);
  });

  it("promote the good one within three", () => {
    const { action, seconds } = decided(0);
    expect(action).to.equal("promote");
    expect(seconds).to.be.at.most(180);
  });
});
