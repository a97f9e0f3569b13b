import { expect } from "chai";
import { validateConfig } from "../../config/index.ts";
import { problemsOf, type Settings, stackWith } from "./support.ts";

const GATEWAY = { name: "gw", namespace: "gw-system", implementation: "traefik" };

function stack(rollout: unknown, traffic: Settings | undefined = {}, gateway: Settings = GATEWAY): Settings {
  const model = {
    model: "iris",
    versions: [{ version: "1" }, { version: "2" }],
    ...(traffic === undefined ? {} : { traffic: { stable: "1", canary: "2", ...traffic } }),
    rollout,
  };
  return { gateway, monitoring: { namespace: "monitoring" }, models: [model] };
}

describe("the settings of a rollout", () => {
  it("have a default for everything", () => {
    expect(validateConfig(stackWith(stack({})), "test").models[0]?.rollout).to.deep.equal({
      steps: [1, 5, 10, 25, 50].map((percent) => ({ percent, approval: false })),
      goals: [
        { kind: "errors", margin: 0.005, name: "errors" },
        { kind: "slow", seconds: 1, margin: 0.01, name: "slower than 1 s" },
      ],
      confidence: 0.95,
      minRequests: 0,
      deadlineSeconds: 21_600,
      freeze: [],
      evidence: "server",
    });
  });

  it("keep what is written", () => {
    const goal = { kind: "promql", name: "drift", bad: 'a{v="$version"}', total: 'b{v="$version"}', margin: 0.1 };
    const rollout = {
      steps: [2, { percent: 50, approval: true }],
      goals: [goal],
      freeze: [{ from: "16:00", to: "08:00", timeZone: "Europe/Berlin" }],
    };
    const resolved = validateConfig(stackWith(stack(rollout)), "test").models[0]?.rollout;
    expect(resolved?.steps).to.deep.equal([
      { percent: 2, approval: false },
      { percent: 50, approval: true },
    ]);
    expect(resolved?.goals).to.deep.equal([goal]);
    expect(resolved?.freeze[0]?.days).to.deep.equal(["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]);
  });

  it("are none where none are written", () => {
    expect(validateConfig(stackWith(stack(undefined)), "test").models[0]?.rollout).to.equal(undefined);
  });
});

describe("the settings of a rollout are rejected", () => {
  const R = "models[0].rollout";
  const mistakes: [string, unknown, string][] = [
    ["without steps", { steps: [] }, `${R}.steps: needs at least one step`],
    ["where steps fall", { steps: [5, 5] }, `${R}.steps: must rise from step to step`],
    [
      "with a step of 100",
      { steps: [50, 100] },
      `${R}.steps[1]: must be below 100: at 100 % nothing is left to compare with; the last step is followed by the promotion`,
    ],
    ["with a step that is no percent", { steps: [0] }, `${R}.steps[0]: must be above 0`],
    ["with a step that is too fine", { steps: [0.00001] }, `${R}.steps[0]: must have at most 4 decimals`],
    ["without goals", { goals: [] }, `${R}.goals: needs at least one goal`],
    [
      "with an unknown goal",
      { goals: [{ kind: "cpu" }] },
      `${R}.goals[0].kind: must be {kind: errors}, {kind: slow, seconds} or {kind: promql, name, bad, total, margin}`,
    ],
    [
      "with a margin of 0",
      { goals: [{ kind: "errors", margin: 0 }] },
      `${R}.goals[0].margin: must be above 0: two versions are never exactly alike`,
    ],
    [
      "with a bound that the histogram does not have",
      { goals: [{ kind: "slow", seconds: 0.2 }] },
      `${R}.goals[0].seconds: is no bound of the server's histogram; take one of 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30`,
    ],
    [
      "with a query for all versions at once",
      { goals: [{ kind: "promql", name: "x", bad: "a", total: 'b{v="$version"}', margin: 0.1 }] },
      `${R}.goals[0].bad: must contain $version, which stands for the version that is asked about`,
    ],
    [
      "with a goal given twice",
      { goals: [{ kind: "errors" }, { kind: "errors" }] },
      `${R}.goals[1]: "errors" is already given at ${R}.goals[0]`,
    ],
    ["with certainty", { confidence: 1 }, `${R}.confidence: must be below 1: certainty takes forever`],
    ["with a deadline of seconds", { deadlineSeconds: 5 }, `${R}.deadlineSeconds: must be at least 60`],
    [
      "with an unknown time zone",
      { freeze: [{ from: "08:00", to: "09:00", timeZone: "Mars/Base" }] },
      `${R}.freeze[0].timeZone: must be the IANA name of a time zone, such as Europe/Berlin`,
    ],
    [
      "with an offset for a time zone",
      { freeze: [{ from: "08:00", to: "09:00", timeZone: "+01:00" }] },
      `${R}.freeze[0].timeZone: must be the IANA name of a time zone, such as Europe/Berlin`,
    ],
    [
      "with a time that is none",
      { freeze: [{ from: "8:00", to: "24:00" }] },
      `${R}.freeze[0].from: must be a time such as 08:00\n${R}.freeze[0].to: must be a time such as 08:00`,
    ],
    [
      "with an unknown day",
      { freeze: [{ days: ["Friday"], from: "08:00", to: "09:00" }] },
      `${R}.freeze[0].days[0]: must be Mon, Tue, Wed, Thu, Fri, Sat or Sun`,
    ],
    ["with an unknown setting", { step: [1] }, `${R}.step: unknown setting`],
  ];
  for (const [name, rollout, message] of mistakes) {
    it(name, () => {
      expect(problemsOf(stack(rollout)).join("\n")).to.equal(message);
    });
  }

  it("without a route to change", () => {
    const models = [{ model: "iris", versions: [{ version: "1" }], rollout: {} }];
    expect(problemsOf({ models })).to.deep.equal([
      `${R}: needs a route whose weights it can change; add traffic, or leave it out`,
    ]);
  });

  it("without Prometheus", () => {
    expect(problemsOf({ ...stack({}), monitoring: undefined })).to.deep.equal([
      `monitoring: is missing, and ${R} takes its evidence from Prometheus`,
    ]);
  });

  it("with an address that is none, or that has credentials in it", () => {
    const monitoring = (prometheus: unknown) => ({ ...stack({}), monitoring: { namespace: "monitoring", prometheus } });
    for (const good of ["http://127.0.0.1:9090", "https://prom.example.com/path", { service: "prom", port: 9090 }]) {
      expect(problemsOf(monitoring(good))).to.deep.equal([]);
    }
    for (const bad of ["prometheus:9090", "ftp://a", "http://me:secret@a", "http://a?x=1", 9090]) {
      expect(problemsOf(monitoring(bad)).join(), JSON.stringify(bad)).to.match(
        /^monitoring\.prometheus: must be an http/,
      );
    }
    expect(problemsOf(stack({ webhook: "https://me:secret@hooks.example.com" })).join()).to.contain(
      `${R}.webhook: must be an http or https address without credentials`,
    );
  });

  it("with the counters of a gateway that are not read", () => {
    expect(problemsOf(stack({ evidence: "gateway" }, {}, { ...GATEWAY, implementation: "istio" }))).to.deep.equal([
      `${R}.evidence: is gateway, but counters are read from Traefik with HTTPRoute only, and the gateway is istio with HTTPRoute; use server`,
    ]);
    expect(problemsOf(stack({ evidence: "gateway", goals: [{ kind: "slow", seconds: 1.2 }] }))).to.deep.equal([]);
  });

  it("with copies of requests that would count as the canary's", () => {
    expect(problemsOf(stack({}, { mirror: { version: "2" } }))).to.deep.equal([
      "models[0].traffic.mirror.version: is the canary of a rollout, whose counters would count the copies too; leave one of them out",
    ]);
  });
});
