import { waitFor } from "../../../common/wait.ts";
import type { Cluster } from "./cluster.ts";

/** In milliseconds; long enough for a machine that is busy with other work. */
const TIMEOUT = 240_000;

/**
 * Waits until `look` returns something other than undefined.
 *
 * @throws Error that names `what` on a timeout
 */
export async function eventually<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  const answer = await waitFor(look, { timeout: TIMEOUT });
  if (answer === undefined) throw new Error(`still no ${what} after ${TIMEOUT / 1000} s`);
  return answer;
}

/** Waits until a `kubectl get` finds nothing. */
export async function gone({ kubectl }: Cluster, ...args: readonly string[]): Promise<void> {
  await eventually(`end of ${args.join(" ")}`, async () => ((await kubectl.get(args)).length === 0 ? true : undefined));
}
