import type { Counts } from "../environment.ts";

/** Absolute bounds of a canary's failed and slow requests that users of Argo Rollouts and Flagger would write: 1 % and 2 %. */
const BOUNDS = [0.01, 0.02] as const;

/** Time between two checks; seconds. */
export const CHECK_SECONDS = 60;

/** Whether each bound was kept; a canary without requests has no value, which fails every bound. */
export function keptBounds({ requests, bad }: Counts): readonly [boolean, boolean] {
  const kept = (index: 0 | 1) => requests > 0 && bad[index] / requests <= BOUNDS[index];
  return [kept(0), kept(1)];
}
