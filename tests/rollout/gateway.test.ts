import { readFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "chai";
import type { VersionCounts } from "../../rollout/decide/read.ts";
import { NOWHERE, observe } from "../../rollout/evidence/evidence.ts";
import type { Series } from "../../rollout/evidence/matrix.ts";
import { type GoalSpec, gatewayQueries, serverQueries, type VersionQueries } from "../../rollout/evidence/queries.ts";

/** Answers of a Prometheus in the embedded cluster, before and after a load; the canary could not answer all of it. */
interface Recording {
  readonly namespace: string;
  /** Services by version. */
  readonly services: Readonly<Record<string, string>>;
  /** Requests of the load, and those that were not answered with 200. */
  readonly sent: number;
  readonly failed: number;
  readonly reads: readonly {
    readonly at: number;
    /** By query. */
    readonly answers: Readonly<Record<string, readonly Series[]>>;
  }[];
}

const goals: readonly GoalSpec[] = [{ kind: "errors" }, { kind: "slow", seconds: 0.1 }];
const file = path.join(import.meta.dirname, "responses", "gateway.json");
const recording = JSON.parse(await readFile(file, "utf8")) as Recording;

/** What the versions did between the two reads. */
function countsBy(queries: (version: string) => VersionQueries): Readonly<Record<string, VersionCounts>> {
  const versions = Object.fromEntries(Object.keys(recording.services).map((version) => [version, queries(version)]));
  const [before, after] = recording.reads;
  if (before === undefined || after === undefined) throw new Error(`${file}: two reads are needed`);
  const { position } = observe(versions, before.answers, before.at, NOWHERE);
  const { observation } = observe(versions, after.answers, after.at, position);
  if (observation.counts === undefined) throw new Error(`${file}: ${observation.missing}`);
  return observation.counts;
}

describe("a load that Prometheus has seen twice: at the servers, and at Traefik in front of them", () => {
  const place = (version: string) => ({ namespace: recording.namespace, model: "iris", version });
  const own = countsBy((version) => serverQueries(place(version), goals));
  const gateway = countsBy((version) => {
    return gatewayQueries({ ...place(version), service: recording.services[version] ?? "", port: 80 }, goals);
  });

  it("is counted in full by both, version for version", () => {
    const requests = (counts: typeof own) => Object.values(counts).reduce((sum, each) => sum + each.requests, 0);
    expect(requests(own)).to.equal(recording.sent);
    for (const version of Object.keys(own)) {
      expect(gateway[version]?.requests, version).to.equal(own[version]?.requests);
      expect(own[version]?.requests, version).to.be.above(0);
    }
  });

  it("has the same failures for both: what the canary rejected", () => {
    expect(gateway["2"]?.goals[0]).to.deep.equal(own["2"]?.goals[0]);
    expect(own["2"]?.goals[0]?.bad).to.equal(recording.failed);
    expect(gateway["1"]?.goals[0]?.bad).to.equal(0);
    expect(own["1"]?.goals[0]?.bad).to.equal(0);
  });

  it("is slow at the gateway where it is slow at the server", () => {
    const slow = own["2"]?.goals[1]?.bad ?? 0;
    expect(slow).to.be.above(0);
    expect(gateway["2"]?.goals[1]?.bad).to.be.at.least(slow);
  });

  it("has a count of pods only from the servers", () => {
    expect(own["1"]?.pods).to.equal(2);
    expect(gateway["1"]?.pods).to.equal(1);
  });
});
