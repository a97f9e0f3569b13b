import { checkQuota } from "../../config/checks/quota.ts";
import type { StackConfig } from "../../config/index.ts";
import { thousandths } from "../../config/quantity.ts";
import { workloadsOf } from "../../config/workloads.ts";
import { code, table } from "../comment/markdown.ts";

/** The most that a stack can ask for of one bound of its quota. */
export interface QuotaUse {
  readonly used: string;
  readonly hard: string;
}

/** What the stack can ask for at once, by the bounds of its quota; empty without a quota. */
export function quotaUse(config: StackConfig): Readonly<Record<string, QuotaUse>> {
  const hard = config.namespace.quota?.hard ?? {};
  return Object.fromEntries(
    Object.entries(hard).map(([bound, limit]) => [bound, { used: mostOf(config, bound), hard: limit }]),
  );
}

/** The check's own sum: against a quota of nothing it says all that the stack can ask for. */
function mostOf(config: StackConfig, bound: string): string {
  const nothing = { ...config, namespace: { ...config.namespace, quota: { hard: { [bound]: "0" } } } };
  const problems = checkQuota(nothing, workloadsOf(config));
  const sums = problems.flatMap(({ message }) => /^the stack can ask for (\S+),/.exec(message)?.[1] ?? []);
  return sums[0] ?? "0";
}

/**
 * Quota use before and after as Markdown; where nothing changes, one line with the numbers.
 *
 * @param absent what is said of before where there is no such side: "none" or "not known"
 */
export function describeQuota(before: StackConfig | undefined, after: StackConfig, absent: string): string[] {
  const was = before === undefined ? {} : quotaUse(before);
  const is = quotaUse(after);
  const bounds = [...new Set([...Object.keys(was), ...Object.keys(is)])];
  if (bounds.length === 0) return ["No quota: the stack's namespace has no bound."];
  const changed = bounds.filter(
    (bound) => was[bound]?.used !== is[bound]?.used || was[bound]?.hard !== is[bound]?.hard,
  );
  if (changed.length === 0) {
    return [`Unchanged: ${bounds.map((bound) => `${code(bound)} ${describeUse(is[bound])}`).join(", ")}.`];
  }
  return table(
    ["quota", "before", "after"],
    bounds.map((bound) => {
      const mark = changed.includes(bound) ? "**" : "";
      return [
        code(bound),
        before === undefined ? absent : describeUse(was[bound]),
        `${mark}${describeUse(is[bound])}${mark}`,
      ];
    }),
  );
}

function describeUse(use: QuotaUse | undefined): string {
  if (use === undefined) return "no bound";
  const { used, hard } = use;
  const share = thousandths(used) / thousandths(hard);
  const percent = Number.isFinite(share) ? ` (${Math.round(share * 100)} %)` : "";
  return `${used} of ${hard}${percent}${thousandths(used) > thousandths(hard) ? " ⚠ over" : ""}`;
}
