import path from "node:path";
import { expect } from "chai";
import { execa } from "execa";
import { valueAt } from "../../engine/status/fields.ts";
import { type Cluster, devCluster, NAMESPACE, repository } from "./support/cluster.ts";
import { deploy, devStackWith } from "./support/stacks.ts";
import { gone } from "./support/wait.ts";

interface DriftedField {
  readonly path: string;
  readonly program?: unknown;
  readonly cluster?: unknown;
  readonly by?: { readonly manager: string; readonly time?: string };
  readonly up: string;
}

interface DriftJson {
  readonly drift: boolean;
  readonly objects: readonly {
    readonly kind: string;
    readonly namespace?: string;
    readonly name: string;
    readonly state: string;
    readonly up: string;
    readonly fields: readonly DriftedField[];
    readonly additions: readonly DriftedField[];
  }[];
}

describe("drift of the dev stack on the embedded cluster", function () {
  this.timeout(300_000);
  let cluster: Cluster;
  before(async function () {
    this.timeout(60 * 60_000);
    cluster = await devCluster();
    await deploy();
  });
  // A failed test may leave changes.
  after(() => deploy());

  const kubectl = (...args: readonly string[]) => cluster.kubectl.run([...args, `--namespace=${NAMESPACE}`]);

  const drift = (...args: readonly string[]) =>
    execa(process.execPath, [path.join(repository, "engine/drift/cli.ts"), ...args], {
      cwd: repository,
      env: { ML_PLATFORM_STATE: path.join(cluster.folder, "state") },
      reject: false,
    });

  async function driftJson(exitCode: number): Promise<DriftJson> {
    const { exitCode: ended, stdout, stderr } = await drift("--stack", "dev", "--json");
    expect(ended, `${stdout}\n${stderr}`).to.equal(exitCode);
    return JSON.parse(stdout) as DriftJson;
  }

  /** `kubectl edit`, with sed as the editor. */
  async function edit(object: string, replacement: string): Promise<void> {
    const { program, kubeconfig } = cluster.kubectl;
    await execa(program, [`--kubeconfig=${kubeconfig}`, `--namespace=${NAMESPACE}`, "edit", object], {
      env: { KUBE_EDITOR: `sed -i '${replacement}'` },
    });
  }

  async function expectNone(): Promise<void> {
    expect(await driftJson(0)).to.deep.equal({ stack: "dev", drift: false, objects: [] });
  }

  it("is none after an up, as text and as JSON", async () => {
    await expectNone();
    expect((await drift()).stdout).to.match(/^No drift in \d+ objects of the stack dev\.$/);
  });

  it("is none while an autoscaler changes replicas", async () => {
    await kubectl("scale", "deployment/model-v1", "--replicas=3");
    await expectNone();
  });

  it("lists what was edited or deleted by hand, and by whom, and up restores it", async () => {
    await edit("deployment/iris", "s#image: .*#image: registry.example.com/by-hand:1#");
    await edit("httproute/sentiment-classifier", "s#weight: 25#weight: 40#");
    await kubectl("label", "deployment/half-plus-two", "model-version=7", "--overwrite");
    await kubectl("label", "deployment/half-plus-two", "team=a");
    await kubectl("label", "deployment/half-plus-two", "owner=b", "--field-manager=console");
    await kubectl("delete", "service", "half-plus-two");

    const { drift: found, objects } = await driftJson(1);
    expect(found).to.equal(true);
    const told = objects.map(({ kind, namespace, name, state, up }) => [kind, `${namespace}/${name}`, state, up]);
    expect(told).to.have.deep.members([
      ["Deployment", `${NAMESPACE}/iris`, "changed", "restore"],
      ["HTTPRoute", `${NAMESPACE}/sentiment-classifier`, "changed", "restore"],
      ["Deployment", `${NAMESPACE}/half-plus-two`, "changed", "restore"],
      ["Service", `${NAMESPACE}/half-plus-two`, "deleted", "recreate"],
    ]);
    const [image, ...otherImages] = fieldsOf(objects, "iris");
    expect(otherImages).to.deep.equal([]);
    expect(image?.path).to.match(/^spec\.template\.spec\.containers\[name=[\w-]+\]\.image$/);
    expect(image).to.include({ cluster: "registry.example.com/by-hand:1", up: "restore" });
    expect(image?.by?.manager).to.equal("kubectl-edit");
    expect(Date.parse(image?.by?.time ?? "")).to.be.greaterThan(0);
    const weights = fieldsOf(objects, "sentiment-classifier");
    expect(weights.map(({ program, cluster, by }) => [program, cluster, by?.manager])).to.deep.equal([
      [25, 40, "kubectl-edit"],
    ]);
    const [label] = fieldsOf(objects, "half-plus-two");
    expect(label).to.deep.include({ path: "metadata.labels.model-version", program: "1", cluster: "7" });
    expect(label?.by?.manager).to.equal("kubectl-label");
    const additions = objects.flatMap((object) => object.additions);
    expect(additions.map(({ path, cluster, up }) => [path, cluster, up])).to.have.deep.members([
      ["metadata.labels.team", "a", "remove"],
      ["metadata.labels.owner", "b", "leave"],
    ]);

    await deploy();
    await driftJson(0);
    const [extended] = await cluster.kubectl.get(["deployment", "half-plus-two", `--namespace=${NAMESPACE}`]);
    expect(extended?.metadata.labels).to.include({ owner: "b", "model-version": "1" }).and.not.have.property("team");
    const [route] = await cluster.kubectl.get(["httproute", "sentiment-classifier", `--namespace=${NAMESPACE}`]);
    expect(route && valueAt(route, "spec.rules.1.backendRefs.1.weight")).to.equal(25);
    await kubectl("label", "deployment/half-plus-two", "owner-");
    await expectNone();
  });

  it("says that a Secret's value changed, without showing it", async () => {
    const secrets = {
      "api-credentials": { data: { API_KEY: { random: { length: 32 } } } },
      // A Secret with a fixed name is changed in place.
      drifting: { name: "drifting", data: { TOKEN: { random: { length: 16 } } } },
    };
    await deploy(...(await devStackWith(cluster, { secrets })));
    const value = Buffer.from("changed by hand").toString("base64");
    await kubectl("patch", "secret", "drifting", "--patch", JSON.stringify({ data: { TOKEN: value } }));
    const { stdout, exitCode } = await drift("--json");
    expect(exitCode, stdout).to.equal(1);
    const { objects } = JSON.parse(stdout) as DriftJson;
    expect(objects.map(({ kind, name }) => [kind, name])).to.deep.equal([["Secret", "drifting"]]);
    const by = objects[0]?.fields[0]?.by?.manager;
    expect(fieldsOf(objects, "drifting").map(({ path }) => [path, by])).to.deep.equal([
      ["data.TOKEN", "kubectl-patch"],
    ]);
    expect(stdout).not.to.include(value);
    await deploy();
    await gone(cluster, "secret", "drifting", `--namespace=${NAMESPACE}`);
    await expectNone();
  });

  it("exits with 2 if the stack is not deployed", async () => {
    const { exitCode, stdout } = await drift("--stack", "none");
    expect(exitCode, stdout).to.equal(2);
  });
});

function fieldsOf(objects: DriftJson["objects"], name: string): readonly DriftedField[] {
  return objects.find((object) => object.name === name && object.state === "changed")?.fields ?? [];
}
