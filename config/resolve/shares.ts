import { remainingPercent } from "../../components/traffic/weights.ts";
import type { Immutable } from "./immutable.ts";
import type { StackTraffic } from "./models.ts";

/** Percent of the requests of each version with a share, the stable one first. */
export function sharesOf(
  traffic: Immutable<Pick<StackTraffic, "stable" | "canary" | "canaryWeight" | "weights">>,
): [string, number][] {
  const { stable, canary, canaryWeight, weights } = traffic;
  const others: [string, number][] = [
    ...(canary === undefined ? [] : [[canary, canaryWeight] satisfies [string, number]]),
    ...Object.entries(weights),
  ];
  return [[stable, remainingPercent(others.map(([, percent]) => percent))], ...others];
}
