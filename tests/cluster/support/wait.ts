import { setTimeout as sleep } from "node:timers/promises";
import type { Cluster } from "./cluster.ts";

/** Far beyond what anything takes on a machine that is busy with other work as well. */
const PATIENCE_MILLISECONDS = 240_000;

/**
 * Looks until there is an answer.
 *
 * @param look returns undefined for as long as there is none
 * @throws Error that names `what` where it takes too long
 */
export async function eventually<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + PATIENCE_MILLISECONDS;
  for (;;) {
    const answer = await look();
    if (answer !== undefined) return answer;
    if (Date.now() > deadline) throw new Error(`still no ${what} after ${PATIENCE_MILLISECONDS / 1000} s`);
    await sleep(500);
  }
}

/** Waits until a `kubectl get` finds nothing any more. */
export async function gone({ kubectl }: Cluster, ...args: readonly string[]): Promise<void> {
  await eventually(`end of ${args.join(" ")}`, async () => ((await kubectl.get(args)).length === 0 ? true : undefined));
}
