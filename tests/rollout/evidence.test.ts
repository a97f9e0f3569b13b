import { readFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "chai";
import { increaseOf } from "../../rollout/evidence/counters.ts";
import { NOWHERE, observe, type Position, prometheusEvidence } from "../../rollout/evidence/evidence.ts";
import { PrometheusError, readMatrix, type Series } from "../../rollout/evidence/matrix.ts";
import { gatewayQueries, rangeQuery, serverQueries } from "../../rollout/evidence/queries.ts";

const place = { namespace: "ml", model: "iris", version: "2" };
const goals = [{ kind: "errors" }, { kind: "slow", seconds: 0.25 }] as const;

async function recorded(name: string): Promise<Series[]> {
  return readMatrix(JSON.parse(await readFile(path.join(import.meta.dirname, "responses", name), "utf8")));
}

describe("the queries", () => {
  it("read the counters of the inference server", () => {
    const labels = 'namespace="ml",model="iris",version="2"';
    expect(serverQueries(place, goals)).to.deep.equal({
      requests: `model_requests_total{${labels}}`,
      perPod: true,
      goals: [
        {
          bad: `model_requests_total{${labels},status=~"error|rejected"}`,
          total: `model_requests_total{${labels}}`,
        },
        {
          bad: `model_request_latency_seconds_count{${labels}} - ignoring(le) model_request_latency_seconds_bucket{${labels},le=~"0[.]25"}`,
          total: `model_request_latency_seconds_count{${labels}}`,
        },
      ],
    });
  });

  it("read those of Traefik for any server, by both of its names for a Service", () => {
    const {
      requests,
      goals: found,
      perPod,
    } = gatewayQueries({ ...place, service: "iris-v2", port: 80 }, [{ kind: "errors" }, { kind: "slow", seconds: 5 }]);
    const pattern = "(httproute-.+-svc-ml-iris-v2-[0-9]+|ml-iris-v2-http-80)@kubernetesgateway";
    expect(requests).to.equal(`traefik_service_requests_total{service=~"${pattern}"}`);
    expect(found[0]?.bad).to.equal(`traefik_service_requests_total{service=~"${pattern}",code=~"5.."}`);
    expect(found[1]?.bad).to.contain('le=~"5|5[.]0"');
    expect(perPod).to.equal(false);
    const full = new RegExp(`^${pattern}$`);
    for (const name of [
      "httproute-ml-iris-gw-gateway-system-ml-gateway-ep-web-0-svc-ml-iris-v2-1@kubernetesgateway",
      "ml-iris-v2-http-80@kubernetesgateway",
    ]) {
      expect(name).to.match(full);
    }
    expect("httproute-ml-iris-gw-g-g-ep-web-0-svc-ml-iris-v20-1@kubernetesgateway").not.to.match(full);
  });

  it("fill in a user's own counters", () => {
    const own = { kind: "promql", bad: 'bad{ns="$namespace",v="$version"}', total: 'all{m="$model"}' } as const;
    expect(serverQueries(place, [own]).goals[0]).to.deep.equal({ bad: 'bad{ns="ml",v="2"}', total: 'all{m="iris"}' });
  });

  it("ask for scraped samples of a selector, and for evaluated ones of an expression", () => {
    expect(rangeQuery('a_total{x="}"}', 134.2)).to.equal('a_total{x="}"}[135s]');
    expect(rangeQuery("a_total", 60)).to.equal("a_total[60s]");
    expect(rangeQuery("a_total - b_total", 60)).to.equal("(a_total - b_total)[60s:15s]");
    expect(rangeQuery("sum(a_total{})", 60)).to.equal("(sum(a_total{}))[60s:15s]");
  });
});

describe("an answer of Prometheus", () => {
  it("has the samples of each series, without those that are no number", async () => {
    const [first] = await recorded("first.json");
    expect(first?.labels["status"]).to.equal("success");
    expect(first?.samples).to.deep.equal([
      [1767261600.123, 100],
      [1767261615.123, 160],
    ]);
  });

  it("that is an error, another type or no result is rejected with its text", () => {
    const error = { status: "error", errorType: "bad_data", error: "parse error: unexpected end of input" };
    expect(() => readMatrix(error)).to.throw(
      PrometheusError,
      "Prometheus: bad_data: parse error: unexpected end of input",
    );
    const vector = { status: "success", data: { resultType: "vector", result: [] } };
    expect(() => readMatrix(vector)).to.throw(PrometheusError, "the result is a vector, not a matrix");
    expect(() => readMatrix({})).to.throw(PrometheusError, "the answer has no result");
  });
});

describe("the increase of counters", () => {
  it("is nothing at the first read, which is the baseline", async () => {
    const { value, pods } = increaseOf(await recorded("first.json"), {});
    expect([value, pods]).to.deep.equal([0, 2]);
  });

  it("adds up series, counts a restarted one from its new value, and a pod's first failures from zero", async () => {
    const { baseline } = increaseOf(await recorded("first.json"), {});
    const next = increaseOf(await recorded("second.json"), baseline);
    // Pod a: 160 → 220. Pod b restarts: 300 → 310, then 5 → 12. Pod a's first errors: 3. Pod c is seen for the first time.
    expect(next.value).to.equal(60 + 10 + 12 + 3);
    expect([next.reset, next.pods]).to.deep.equal([true, 3]);
  });

  it("takes each sample once, however far the queries overlap", async () => {
    const second = await recorded("second.json");
    const { baseline } = increaseOf(second, increaseOf(await recorded("first.json"), {}).baseline);
    const again = increaseOf(second, baseline);
    expect([again.value, again.newest]).to.deep.equal([undefined, undefined]);
    expect(again.baseline).to.deep.equal(baseline);
  });

  it("goes on where a series stood that was missing for a while", async () => {
    const first = await recorded("first.json");
    const { baseline } = increaseOf(first, {});
    const without = increaseOf([], baseline);
    expect([without.value, without.baseline]).to.deep.equal([undefined, baseline]);
    const back = first.slice(0, 1).map(({ labels }) => ({ labels, samples: [[1767262000, 1_160] as const] }));
    expect(increaseOf(back, without.baseline).value).to.equal(1_000);
  });
});

describe("an observation", () => {
  const AT = 1767261630_000;
  const versions = { "1": serverQueries({ ...place, version: "1" }, goals), "2": serverQueries(place, goals) };
  const series = (time: number, value: number): Series[] => [{ labels: { pod: "a" }, samples: [[time, value]] }];
  const answers = (time: number, value: (version: string, text: string) => number) =>
    Object.fromEntries(
      Object.entries(versions).flatMap(([version, { requests, goals: of }]) =>
        [requests, ...of.flatMap(({ bad, total }) => [bad, total])].map((text) => [
          text,
          series(time, value(version, text)),
        ]),
      ),
    );
  const bad = (text: string) => text.includes("status=~") || text.includes("ignoring");
  const start = () =>
    observe(
      versions,
      answers(AT / 1000, () => 1_000),
      AT,
      NOWHERE,
    );

  it("has the counts of all versions, and their time", () => {
    const first = start();
    expect(first.observation).to.deep.equal({ at: AT, seconds: 0, missing: "the first read is only a baseline" });
    const later = answers(AT / 1000 + 15, (version, text) => 1_000 + (bad(text) ? 1 : version === "1" ? 90 : 10));
    const { observation } = observe(versions, later, AT + 15_000, first.position);
    const counts = (total: number) => ({
      requests: total,
      goals: [
        { bad: 1, total },
        { bad: 1, total },
      ],
      pods: 1,
      reset: false,
    });
    expect(observation).to.deep.equal({ at: AT + 15_000, seconds: 15, counts: { "1": counts(90), "2": counts(10) } });
  });

  it("is missing, with the reason, where a version has no series, no new sample or an old one; the next covers its time", () => {
    const first = start();
    const later = answers(AT / 1000 + 15, () => 1_010);
    const none = observe(versions, { ...later, [versions["2"].requests]: [] }, AT + 15_000, first.position);
    expect(none.observation.missing).to.match(/^Prometheus has no counters of version 2 \(model_requests_total\{/);
    expect(none.position).to.equal(first.position);
    const same = observe(
      versions,
      answers(AT / 1000, () => 1_000),
      AT + 15_000,
      none.position,
    );
    expect(same.observation.missing).to.equal("Prometheus has no new sample of version 1");
    const old = observe(
      versions,
      answers(AT / 1000 + 15, () => 1_010),
      AT + 200_000,
      same.position,
    );
    expect(old.observation.missing).to.equal("the newest counters of version 1 are 185 s old");
    const back = observe(
      versions,
      answers(AT / 1000 + 60, () => 1_040),
      AT + 60_000,
      old.position,
    );
    expect(back.observation.seconds).to.equal(60);
    expect(back.observation.counts?.["2"]?.requests).to.equal(40);
  });

  it("has at most as many bad ones as there are", () => {
    const first = start();
    const later = answers(AT / 1000 + 15, (_, text) => 1_000 + (bad(text) ? 12 : 10));
    const { observation } = observe(versions, later, AT + 15_000, first.position);
    expect(observation.counts?.["2"]?.goals).to.deep.equal([
      { bad: 10, total: 10 },
      { bad: 10, total: 10 },
    ]);
  });

  it("is missing where Prometheus fails, and does not hide other errors", async () => {
    const position: Position = { at: AT, baselines: {} };
    const down = prometheusEvidence(versions, () => Promise.reject(new PrometheusError("no answer within 10 s")));
    expect(await down(AT + 15_000, position)).to.deep.equal({
      observation: { at: AT + 15_000, seconds: 0, missing: "no answer within 10 s" },
      position,
    });
    const broken = prometheusEvidence(versions, () => Promise.reject(new TypeError("a bug")));
    const error = await broken(AT, position).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(TypeError);
  });
});
