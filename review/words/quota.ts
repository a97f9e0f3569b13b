import { milliUnits } from "../../components/kubernetes/quantity.ts";
import { type QuotaUse, quotaUse } from "../../config/checks/quota.ts";
import type { ResolvedStack } from "../../config/index.ts";
import { code, table } from "../text/markdown.ts";

/**
 * Quota use before and after as Markdown; if nothing changes, one line with the numbers.
 *
 * @param absent text for a missing before side: "none" or "not known"
 */
export function describeQuota(before: ResolvedStack | undefined, after: ResolvedStack, absent: string): string[] {
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
  const share = milliUnits(used) / milliUnits(hard);
  const percent = Number.isFinite(share) ? ` (${Math.round(share * 100)} %)` : "";
  return `${used} of ${hard}${percent}${milliUnits(used) > milliUnits(hard) ? " ⚠ over" : ""}`;
}
