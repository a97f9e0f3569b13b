import { readFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "chai";
import { decide } from "../../rollout/decide/decide.ts";
import { lowestStep } from "../../rollout/decide/plan.ts";
import { initialState } from "../../rollout/decide/state.ts";
import { planOf, readOf } from "./support.ts";

interface Trace {
  readonly goals: readonly number[];
  readonly history: { readonly seconds: number; readonly requests: number; readonly bad: readonly number[] };
  readonly reads: readonly {
    readonly seconds: number;
    readonly weight: number;
    readonly canary: readonly number[];
    readonly stable: readonly number[];
    readonly verdict: string;
  }[];
}

/** Recorded reads, and the verdicts that an implementation of its own came to by the formulas. */
const TRACES = ["no-worse", "two-points-worse", "fails-from-step-three"];

for (const name of TRACES) {
  it(`decides as the formulas do on the trace "${name}"`, async () => {
    const file = path.join(import.meta.dirname, "traces", `${name}.json`);
    const { goals, history, reads }: Trace = JSON.parse(await readFile(file, "utf8"));
    const base = planOf();
    const shares = base.steps.map(({ share }) => share);
    const plan = planOf({
      goals: goals.map((margin, index) => ({ name: base.goals[index]?.name ?? "", margin })),
      lowest: lowestStep(shares, history.requests / history.seconds),
      history: history.bad.map((bad) => ({ bad, total: history.requests })),
    });
    let state = initialState(plan);
    const actions = reads.map(({ weight, canary, stable, seconds }) => {
      const next = decide(plan, state, readOf(weight, canary, stable, { seconds }));
      state = next.state;
      return next.decision.action;
    });
    expect(actions).to.deep.equal(reads.map(({ verdict }) => verdict));
  });
}
