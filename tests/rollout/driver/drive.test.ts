import { expect } from "chai";
import { drive } from "../../../rollout/driver/drive.ts";
import { DryRun } from "../../../rollout/driver/dry-run.ts";
import { parseRecords } from "../../../rollout/records/record.ts";
import { replay } from "../../../rollout/records/replay.ts";
import type { Settings } from "../../../rollout/settings/settings.ts";
import { planOf, SETTINGS } from "../support.ts";
import { FakeActor, FILE, Killed, World } from "./fake.ts";

const OPTIONS = { interval: 15, file: FILE };

/** Looks after which a rollout that should end has not. */
const MOST_LOOKS = 500;

class Endless extends Error {}

function bounded(world: World): World {
  const meddle = world.meddle;
  world.meddle = (looks, same) => {
    if (looks > MOST_LOOKS) throw new Endless();
    meddle(looks, same);
  };
  return world;
}

const run = (world: World) => drive(new FakeActor(bounded(world)), OPTIONS);

/** The traffic of each deployment, without repetitions. */
function traffic(deployed: readonly Settings[]): string[] {
  const all = deployed.map(({ stable, canary, weight }) => `${stable}/${canary} ${weight}`);
  return all.filter((each, index) => each !== all[index - 1]);
}

/** Whether a share was deployed before the pods for it were. */
function earlyShares(deployed: readonly Settings[]): Settings[] {
  return deployed.filter((each, index) => {
    const before = deployed[index - 1] ?? SETTINGS;
    return each.weight > before.weight && (before.capacity["2"]?.replicas ?? 1) < Math.ceil((each.weight / 100) * 3);
  });
}

const scenarios = {
  good: () => new World(),
  bad: () => Object.assign(new World(), { bad: [5, 0] }),
  "bad from the second step on": () => {
    const world = new World();
    world.meddle = (_, { cluster }) => {
      world.bad = cluster.weight >= 50 ? [5, 0] : [0, 0];
    };
    return world;
  },
} satisfies Record<string, () => World>;

describe("the driver of a rollout", () => {
  it("gives a good version all requests, and lets the versions change places", async () => {
    const world = new World();
    expect(await run(world)).to.equal("promoted");
    expect(traffic(world.deployed)).to.deep.equal(["1/2 0", "1/2 10", "1/2 50", "1/2 100", "2/1 0"]);
    expect(world.file).to.deep.equal({
      stable: "2",
      canary: "1",
      weight: 0,
      capacity: { "1": {}, "2": { replicas: 3 } },
    });
    expect(world.cluster).to.deep.equal(world.file);
    expect(earlyShares(world.deployed)).to.deep.equal([]);
    expect(world.commits.map(({ subject }) => subject)).to.deep.equal([
      "Start the rollout of iris version 2 at 10 %",
      "Give iris version 2 50 % of the requests",
      "Make iris version 2 the stable version",
    ]);
    expect(world.news.map(({ what, weight }) => [what, weight])).to.deep.equal([
      ["started", 10],
      ["advance", 50],
      ["promote", 100],
    ]);
  });

  it("takes a bad version's requests and pods away, with the reason", async () => {
    const world = scenarios.bad();
    expect(await run(world)).to.equal("aborted");
    expect(world.file).to.deep.equal(SETTINGS);
    expect(world.cluster).to.deep.equal(SETTINGS);
    expect(world.commits.at(-1)?.subject).to.equal("Abort the rollout of iris version 2");
    expect(world.commits.at(-1)?.body).to.match(
      /^Version 2 is worse: errors lately 5[.\d]* %.*\nVersion 2 has had \d+ requests in \d+ blocks/,
    );
  });

  it("comes to the same decisions from its records alone", async () => {
    for (const make of Object.values(scenarios)) {
      const world = make();
      await run(world).catch((error: unknown) => {
        if (!(error instanceof Endless)) throw error;
      });
      expect(replay(parseRecords(world.records, FILE), FILE).differences).to.deep.equal([]);
    }
  });

  for (const [name, make] of Object.entries({ good: scenarios.good, bad: scenarios.bad })) {
    it(`goes on after a kill before or after any effect: ${name} version`, async () => {
      const whole = make();
      const actor = new FakeActor(bounded(whole));
      const ended = await drive(actor, OPTIONS);
      expect(actor.effects).to.be.above(10);
      for (let effect = 1; effect <= actor.effects; effect += 1) {
        for (const after of [false, true]) {
          const world = bounded(make());
          const at = `killed ${after ? "after" : "before"} effect ${effect}`;
          await drive(new FakeActor(world, { effect, after }), OPTIONS).then(
            () => expect.fail(`${at}: was not killed`),
            (error: unknown) => expect(error, at).to.be.instanceOf(Killed),
          );
          expect(await drive(new FakeActor(world), OPTIONS), at).to.equal(ended);
          expect(world.file, at).to.deep.equal(whole.file);
          expect(world.cluster, at).to.deep.equal(whole.cluster);
          expect(traffic(world.deployed), at).to.deep.equal(traffic(whole.deployed));
          expect(earlyShares(world.deployed), at).to.deep.equal([]);
          expect(replay(parseRecords(world.records, FILE), FILE).differences, at).to.deep.equal([]);
        }
      }
    });
  }

  it("aborts before it gives requests to a version whose pods do not become ready", async () => {
    const world = Object.assign(new World(), { ready: false });
    expect(await run(world)).to.equal("aborted");
    expect(world.deployed.every(({ weight }) => weight === 0)).to.equal(true);
    expect(world.news.at(-1)?.text).to.contain("version 2 has 0 pods ready");
  });

  it("aborts a version whose pods go away, or crash again and again", async () => {
    const gone = new World();
    gone.meddle = (looks) => {
      if (looks > 3) Object.assign(gone, { ready: false, traffic: false });
    };
    expect(await run(gone)).to.equal("aborted");
    expect(gone.news.at(-1)?.text).to.contain("version 2 has had no ready pod for 60 s: Pod v2 keeps crashing");
    const crashing = Object.assign(new World(), { traffic: false });
    crashing.meddle = (looks) => {
      crashing.restarts = looks;
    };
    expect(await run(crashing)).to.equal("aborted");
    expect(crashing.news.at(-1)?.text).to.match(
      /version 2's containers crashed \d times since the start, version 1's 0 times/,
    );
  });

  it("holds without requests, and goes on with them", async () => {
    const world = Object.assign(new World(), { traffic: false });
    world.meddle = (looks) => {
      if (looks === 40) {
        expect(world.kinds()).to.deep.equal(["start", "move", "moved"]);
        world.traffic = true;
      }
    };
    expect(await run(world)).to.equal("promoted");
  });

  it("aborts by hand at any time, also while it is frozen", async () => {
    const world = new World();
    world.meddle = (looks) => {
      if (looks === 2) world.ask("freeze", { reason: "sales" });
      if (looks === 30) {
        expect(world.kinds()).to.deep.equal(["start", "move", "moved", "request"]);
        expect(world.lines.at(-1)).to.contain("frozen by ann: sales");
        world.ask("abort", { reason: "wrong model" });
      }
    };
    expect(await run(world)).to.equal("aborted");
    expect(world.cluster).to.deep.equal(SETTINGS);
    expect(world.commits.at(-1)?.body).to.contain("Abort by ann: wrong model.");
  });

  it("goes on when a freeze has ended", async () => {
    const world = new World();
    world.meddle = (looks) => {
      if (looks === 2) world.ask("freeze");
      if (looks === 30) world.ask("unfreeze");
    };
    expect(await run(world)).to.equal("promoted");
    expect(world.looks).to.be.above(30);
  });

  it("waits for approval, tells people once, and goes on with it", async () => {
    const steps = [0.1, 0.5].map((share) => ({ share, approval: share === 0.1 }));
    const world = new World({ plan: planOf({ steps }) });
    world.meddle = (looks) => {
      if (looks !== 30) return;
      expect(world.cluster.weight).to.equal(10);
      expect(world.news.map(({ what }) => what)).to.deep.equal(["started", "needs person"]);
      world.ask("approve", { step: 0 });
    };
    expect(await run(world)).to.equal("promoted");
  });

  it("gives a canary fractions of a percent", async () => {
    const steps = [0.005, 0.025, 0.5].map((share) => ({ share, approval: false }));
    const world = new World({ plan: planOf({ steps }) });
    expect(await run(world)).to.equal("promoted");
    const weights = world.deployed.map(({ weight }) => weight);
    expect([...new Set(weights)]).to.deep.equal([0, 0.5, 2.5, 50, 100].filter((weight) => weights.includes(weight)));
    expect(weights).to.include.members([0.5, 2.5]);
  });

  it("leaves a weight alone that a person has set, and goes on when it is back", async () => {
    const world = new World();
    world.meddle = (looks) => {
      const weight = looks < 3 || looks > 20 ? undefined : 30;
      if (looks === 3) world.cluster = world.file = { ...world.file, weight: 30 };
      if (weight !== undefined) expect([world.file.weight, world.cluster.weight]).to.deep.equal([30, 30]);
      if (looks === 20) world.cluster = world.file = { ...world.file, weight: 10 };
    };
    expect(await run(world)).to.equal("promoted");
    expect(world.lines.join("\n")).to.contain(
      "version 2 has 30 % in the stack file, not the 10 % of this step: changed by hand",
    );
  });

  it("takes a bad version's requests away although a person has changed its weight in the file alone", async () => {
    const world = scenarios.bad();
    world.meddle = (looks) => {
      if (looks === 2) world.file = { ...world.file, weight: 30 };
    };
    expect(await run(world)).to.equal("aborted");
    expect(world.cluster.weight).to.equal(0);
  });

  it("keeps pods that a person has changed in between", async () => {
    const world = new World();
    world.meddle = (looks) => {
      if (looks !== 3) return;
      const capacity = { "1": { replicas: 5 }, "2": { ...world.file.capacity["2"] } };
      world.cluster = world.file = { ...world.file, capacity };
    };
    expect(await run(world)).to.equal("promoted");
    expect(world.file.capacity["2"]).to.deep.equal({ replicas: 5 });
  });

  it("ends when a person has changed the versions", async () => {
    const world = new World();
    world.meddle = (looks) => {
      if (looks === 3) world.file = { ...world.file, stable: "2", canary: "1", weight: 0 };
    };
    expect(await run(world)).to.equal("left to a person");
    expect(world.file.stable).to.equal("2");
  });

  it("gives an autoscaled version its pods as a minimum, and names of objects stay with their versions", async () => {
    const capacity = {
      "1": {
        autoscaling: { name: "one", minReplicas: 3, maxReplicas: 9 },
        disruptionBudget: { name: "b1", minAvailable: 1 },
      },
      "2": { autoscaling: { name: "two", minReplicas: 1, maxReplicas: 2 } },
    };
    const world = new World({ settings: { ...SETTINGS, capacity } });
    expect(await run(world)).to.equal("promoted");
    expect(world.deployed.find(({ weight }) => weight === 50)?.capacity["2"]?.autoscaling).to.include({
      minReplicas: 2,
    });
    expect(world.file.capacity).to.deep.equal({
      "1": { autoscaling: { name: "one", minReplicas: 1, maxReplicas: 2 } },
      "2": { autoscaling: { name: "two", minReplicas: 3, maxReplicas: 9 }, disruptionBudget: { minAvailable: 1 } },
    });
  });

  it("changes nothing in a dry run, and says what it would", async () => {
    const world = new World();
    const records = world.records;
    await drive(new DryRun(new FakeActor(world)), { ...OPTIONS, once: true });
    expect([world.records, world.file, world.deployed]).to.deep.equal([records, SETTINGS, []]);
    expect(world.lines).to.include('would write: stable 1, canary 2 with 10 %; version 1 {"replicas":3}, version 2 {}');
  });

  it("says that no rollout was started", async () => {
    const world = new World();
    world.records = "";
    const error = await run(world).catch((each: unknown) => each);
    expect(error).to.match(/no rollout has been started: npm run rollout -- start/);
  });
});
