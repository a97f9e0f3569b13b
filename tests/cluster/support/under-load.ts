import { expect } from "chai";
import { type Cluster, predict } from "./cluster.ts";
import { type Load, startLoad } from "./load.ts";

/**
 * Runs `disturb` under load, and expects that no request fails.
 *
 * @returns number of responses by version of the model
 */
export async function underLoad(
  cluster: Cluster,
  disturb: (load: Load) => Promise<void>,
): Promise<Readonly<Record<string, number>>> {
  const load = startLoad(cluster);
  await load.more(500);
  const trouble = await disturb(load)
    .then(() => load.more(1000))
    .then(
      () => undefined,
      (error: unknown) => ({ error }),
    );
  const { sent, failures, versions } = await load.stop();
  // Report failed requests before other failures.
  expect(failures.slice(0, 5), `${failures.length} of ${sent} requests failed`).to.deep.equal([]);
  if (trouble !== undefined) throw trouble.error;
  return versions;
}

/** Sends the given number of requests, all of which must succeed, and counts the responses by version. */
export async function countVersions(
  cluster: Cluster,
  requests: number,
  headers: Record<string, string> = {},
): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  const one = async () => {
    const { status, body } = await predict(cluster, { text: "A pleasant surprise" }, { headers });
    expect(status, JSON.stringify(body)).to.equal(200);
    const version = String(body["version"]);
    counts[version] = (counts[version] ?? 0) + 1;
  };
  for (let sent = 0; sent < requests; sent += 20) await Promise.all(Array.from({ length: 20 }, one));
  return counts;
}
