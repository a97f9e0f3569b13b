import path from "node:path";
import { expect } from "chai";
import { execa } from "execa";
import { defaults } from "../../components/index.ts";
import { stackWith } from "../config/support.ts";
import type { Change, Effect } from "./changed-default.ts";

/** A stack with every kind of workload, and a quota that it exceeds, so that the message shows the sum. */
const settings = stackWith({
  namespace: { name: "ml", quota: { hard: { pods: "1", "requests.cpu": "1m", "requests.memory": "1Mi" } } },
  models: [{ model: "iris", versions: [{ version: "1", name: "iris" }] }],
  training: { jobs: [{ name: "train", task: "iris", model: "iris" }] },
  apiGateway: { routes: [{ path: "/predict", model: "iris", version: "1" }] },
  loadTest: { model: "iris" },
});

async function effectOf(change: Pick<Change, "path" | "value">): Promise<Effect> {
  const program = path.join(import.meta.dirname, "changed-default.ts");
  const { stdout } = await execa(process.execPath, [program, JSON.stringify({ ...change, settings })], {
    maxBuffer: 1 << 28,
  });
  return JSON.parse(stdout);
}

// biome-ignore lint/suspicious/noExplicitAny: manifests are read here as a person would read the YAML
type Manifest = any;

function specOf({ objects }: Effect, kind: string, name: string): Manifest {
  const found = objects.find(({ object }) => object.kind === kind && object.metadata.name === name);
  if (found === undefined) throw new Error(`there is no ${kind} ${name}`);
  return found.object["spec"];
}

/** A change of one default, and where its effect must show. */
interface Case {
  readonly path: string;
  readonly value: unknown;
  /** A row of docs/config.md, and the text that it must contain. */
  readonly docs: readonly [setting: string, text: string];
  /** Part of the sum in the quota's message. */
  readonly sum: string;
  /** Whether the stack's cost changes. */
  readonly costs: boolean;
  readonly manifest: (effect: Effect) => unknown;
  readonly expected: unknown;
}

const resources = { requests: { cpu: "700m", memory: "3Gi" }, limits: { cpu: "3", memory: "3Gi" } };
const resourcesText = "Default: 700m CPU and 3Gi, at most 3 CPU and 3Gi.";
const container = (spec: Manifest) => spec.template.spec.containers[0];

const CASES: readonly Case[] = [
  {
    path: "version.replicas",
    value: 3,
    docs: ["models[].versions[].replicas", "Default: 3."],
    sum: "iris (3 + 1 surge) = 4",
    costs: true,
    manifest: (effect) => specOf(effect, "Deployment", "iris").replicas,
    expected: 3,
  },
  {
    path: "version.resources",
    value: resources,
    docs: ["modelDefaults.resources", resourcesText],
    sum: "iris (1 + 1 surge) × 3Gi = 6Gi",
    costs: true,
    manifest: (effect) => container(specOf(effect, "Deployment", "iris")).resources,
    expected: resources,
  },
  {
    path: "version.rollout.maxSurge",
    value: 2,
    docs: ["models[].versions[].rollout.maxSurge", "Default: 2."],
    sum: "iris (1 + 2 surge) = 3",
    costs: false,
    manifest: (effect) => specOf(effect, "Deployment", "iris").strategy.rollingUpdate.maxSurge,
    expected: 2,
  },
  {
    path: "apiGateway.replicas",
    value: 4,
    docs: ["apiGateway.replicas", "Default: 4."],
    sum: "api-gateway (4 + 1 surge) = 5",
    costs: true,
    manifest: (effect) => specOf(effect, "Deployment", "api-gateway").replicas,
    expected: 4,
  },
  {
    path: "trainerJob.resources",
    value: resources,
    docs: ["training.jobs[].resources", resourcesText],
    sum: "storage-init 1 × 3Gi = 3Gi",
    costs: true,
    manifest: (effect) => container(specOf(effect, "Job", "train")).resources,
    expected: resources,
  },
  {
    path: "loadTest.clients",
    value: 9,
    docs: ["loadTest.clients", "Default: 9."],
    sum: "load-test 9 = 9",
    costs: true,
    manifest: (effect) => specOf(effect, "Job", "load-test").parallelism,
    expected: 9,
  },
];

describe("a default", () => {
  let unchanged: Effect;
  before(async () => {
    unchanged = await effectOf({ path: "version.replicas", value: defaults.version.replicas });
  });

  for (const { path: changed, value, docs, sum, costs, manifest, expected } of CASES) {
    it(`changes docs, checks, cost and manifests together when it changes: ${changed}`, async () => {
      const effect = await effectOf({ path: changed, value });
      const [setting, text] = docs;
      const row = effect.reference.split("\n").find((line) => line.startsWith(`| \`${setting}\``));
      expect(row).to.include(text);
      expect(effect.problems.join("\n")).to.include(sum);
      expect(unchanged.problems.join("\n")).to.not.include(sum);
      if (costs) expect(effect.cost).to.not.deep.equal(unchanged.cost);
      else expect(effect.cost).to.deep.equal(unchanged.cost);
      expect(manifest(effect)).to.deep.equal(expected);
      expect(manifest(unchanged)).to.not.deep.equal(expected);
    });
  }
});
