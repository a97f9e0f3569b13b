import { UserError } from "../../common/errors.ts";
import { decide } from "../decide/decide.ts";
import type { Plan } from "../decide/plan.ts";
import { initialState, type State } from "../decide/state.ts";
import type { NumberedRecord } from "./record.ts";

/** What a replay came to. */
export interface Replay {
  readonly rollouts: number;
  readonly decisions: number;
  /** The decisions other than to hold, in words, with their lines. */
  readonly actions: readonly string[];
  /** One line for each decision that is not what the records say. */
  readonly differences: readonly string[];
  /** Where the last rollout stands. */
  readonly state: State | undefined;
}

/**
 * Makes all decisions again from the records alone, and compares each with what was recorded: its action and its reasons.
 *
 * @throws UserError if a decision has no start before it
 */
export function replay(records: readonly NumberedRecord[], file: string): Replay {
  let current: { readonly plan: Plan; state: State } | undefined;
  let [rollouts, decisions] = [0, 0];
  const actions: string[] = [];
  const differences: string[] = [];
  for (const { line, record } of records) {
    if (record.record === "start") {
      current = { plan: record.plan, state: initialState(record.plan) };
      rollouts += 1;
      continue;
    }
    if (record.record !== "decision") continue;
    if (current === undefined) {
      throw new UserError(
        `${file}:${line}: a decision without a rollout's start before it`,
        "restore the file from Git",
      );
    }
    const { state, decision } = decide(current.plan, current.state, record.read);
    current.state = state;
    decisions += 1;
    const [recorded, replayed] = [record.decision, decision].map(
      (each) => `${each.action} (${each.reasons.join("; ")})`,
    );
    if (recorded !== replayed) differences.push(`${file}:${line}: recorded ${recorded}, replayed ${replayed}`);
    if (decision.action !== "hold") actions.push(`${file}:${line}: ${record.time} ${replayed}`);
  }
  return { rollouts, decisions, actions, differences, state: current?.state };
}
