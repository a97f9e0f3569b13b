import { expect } from "chai";
import { type Cluster, predict } from "./cluster.ts";
import { type Load, startLoad } from "./load.ts";

/**
 * Runs a disturbance under load, and expects that no request fails.
 *
 * @returns answers by version of the model
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
  // Failed requests are reported first.
  expect(failures.slice(0, 5), `${failures.length} of ${sent} requests failed`).to.deep.equal([]);
  if (trouble !== undefined) throw trouble.error;
  return versions;
}

/** Counts answers by version over a number of requests. All of them must succeed. */
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
