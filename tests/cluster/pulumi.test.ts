import { execFileSync } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "chai";
import { execa } from "execa";
import { parseDocument } from "yaml";
import { valueAt } from "../../local/deploy/fields.ts";
import { describeSteps, type Step } from "../../local/deploy/pulumi.ts";
import { type Cluster, devCluster, NAMESPACE, repository } from "./cluster.ts";

const OWN_NAMESPACE = "ml-pulumi";

function hasPulumi(): boolean {
  try {
    execFileSync("pulumi", ["version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

describe("the dev stack under the Pulumi CLI", function () {
  this.timeout(300_000);
  let cluster: Cluster;
  let project: string;
  const environment = { PULUMI_CONFIG_PASSPHRASE: "of this test", PULUMI_SKIP_UPDATE_CHECK: "true" };

  before(async function () {
    if (!hasPulumi()) {
      console.log("      skipped: there is no pulumi on PATH");
      this.skip();
    }
    this.timeout(60 * 60_000);
    cluster = await devCluster();
    project = path.join(cluster.folder, "pulumi");
    await mkdir(path.join(project, "state"), { recursive: true });
    const description = parseDocument(await readFile(path.join(repository, "Pulumi.yaml"), "utf8"));
    description.set("main", repository);
    await writeFile(path.join(project, "Pulumi.yaml"), description.toString());
    await writeFile(path.join(project, "Pulumi.dev.yaml"), await ownStack());
    await pulumi("stack", "select", "--create", "dev");
  });

  after(async () => {
    if (project !== undefined) await pulumi("destroy", "--yes", "--skip-preview");
  });

  /** The dev stack in a namespace and under a host of its own, with the images that the cluster has. */
  async function ownStack(): Promise<string> {
    const image = async (kind: string, name: string) => {
      const [object] = await cluster.kubectl.get([kind, `--namespace=${NAMESPACE}`, name]);
      const containers = object && valueAt(object, "spec.template.spec.containers");
      return (containers as { image: string }[])[0]?.image;
    };
    const stack = parseDocument(await readFile(path.join(repository, "Pulumi.dev.yaml"), "utf8"));
    const set = (place: (string | number)[], value: unknown) =>
      stack.setIn(["config", `ml-platform:${place[0]}`, ...place.slice(1)], value);
    set(["images"], { inference: await image("deployment", "iris"), trainer: await image("job", "train-sentiment") });
    set(["cluster"], { kubeconfig: cluster.kubeconfig, identifier: "embedded" });
    set(["namespace", "name"], OWN_NAMESPACE);
    for (const index of [0, 1, 2]) set(["models", index, "traffic", "hosts"], ["pulumi.example.com"]);
    return stack.toString();
  }

  function pulumi(...args: string[]) {
    return execa("pulumi", [...args, "--non-interactive"], {
      cwd: project,
      env: { ...environment, PULUMI_BACKEND_URL: `file://${path.join(project, "state")}` },
    });
  }

  async function preview(...args: string[]): Promise<string[]> {
    const { stdout } = await pulumi("preview", "--json", ...args);
    return describeSteps((JSON.parse(stdout) as { steps?: Step[] }).steps ?? []);
  }

  it("previews, comes up, and then previews no change, also after a refresh", async () => {
    expect((await preview()).every((line) => line.startsWith("+ "))).to.equal(true);
    await pulumi("up", "--yes", "--skip-preview");
    await pulumi("preview", "--expect-no-changes");
    await pulumi("preview", "--refresh", "--expect-no-changes");
  });

  it("previews a weight flip as exactly one update, and makes it", async () => {
    await pulumi("config", "set", "canaryWeight", "50");
    const [line, ...others] = await preview();
    expect(others).to.deep.equal([]);
    expect(line).to.match(/^~ HTTPRoute sentiment-classifier \(.*weight/);
    await pulumi("up", "--yes", "--skip-preview");
    const [route] = await cluster.kubectl.get(["httproute", "sentiment-classifier", `--namespace=${OWN_NAMESPACE}`]);
    const rules = route && (valueAt(route, "spec.rules") as { backendRefs: { weight: number }[] }[]);
    expect(rules?.[1]?.backendRefs.map(({ weight }) => weight)).to.deep.equal([50, 50]);
    await pulumi("preview", "--expect-no-changes");
  });

  it("leaves the replicas to the autoscaler, and does not train again", async () => {
    const scale = ["scale", "deployment/model-v1", "--replicas=3", `--namespace=${OWN_NAMESPACE}`];
    await cluster.kubectl.run(scale);
    // A refresh that finds a pod on its way up notes the Deployment as unfinished, and has the next update wait for it.
    const rollout = ["rollout", "status", "deployment/model-v1", `--namespace=${OWN_NAMESPACE}`, "--timeout=120s"];
    await cluster.kubectl.run(rollout);
    await pulumi("refresh", "--yes", "--skip-preview");
    await pulumi("preview", "--expect-no-changes");
    const stack = path.join(project, "Pulumi.dev.yaml");
    await writeFile(stack, (await readFile(stack, "utf8")).replace("trainer: localhost", "trainer: elsewhere"));
    const lines = await preview();
    expect(lines.filter((line) => line.includes("train-sentiment"))).to.deep.equal([]);
    expect(lines.filter((line) => line.includes("Job storage-init"))).to.have.length(1);
  });
});
