import { expect } from "chai";
import { forGitOps } from "../../render/gitops.ts";
import type { KubernetesObject } from "../../render/rendered.ts";
import { acceptedStacks } from "../config/accepted-stacks.ts";
import { type ApiServer, startApiServer } from "../support/api-server/api-server.ts";
import { installKinds } from "../support/api-server/kinds.ts";
import { podsOf } from "../support/api-server/pods.ts";
import { need } from "../support/needs.ts";
import { renderMany } from "./many/render-many.ts";
import { objectsOf } from "./stacks.ts";

/** How many stack files are generated, some with few settings and some with many. */
const STACKS = [
  { count: 150, seed: 1, likely: 12 },
  { count: 150, seed: 2, likely: 30 },
];

/** Kinds whose definitions are not installed: no registry of modules has kgateway's. */
const UNKNOWN = ["TrafficPolicy"];

describe("the objects of generated stack files that are accepted", function () {
  this.timeout(30 * 60_000);
  let server: ApiServer;
  before(async function () {
    server = await need(this, () => startApiServer(() => {}));
    await installKinds(server.client);
  });
  after(() => server?.stop());

  for (const { count, seed, likely } of STACKS) {
    it(`are accepted by the API server: ${count} stacks with ${likely} % of all settings`, async () => {
      const stacks = acceptedStacks(count, { seed, likely });
      const refusals: string[] = [];
      let [index, applied] = [0, 0];
      for await (const rendering of renderMany(stacks)) {
        const settings = JSON.stringify(stacks[index++]);
        if ("error" in rendering) {
          refusals.push(`${rendering.error}\n  ${settings}`);
          continue;
        }
        const objects = forGitOps(rendering.objects).map(({ object }) => object);
        applied += objects.length;
        refusals.push(...(await refused(server, objects)).map((line) => `${line}\n  ${settings}`));
      }
      expect(index).to.equal(count);
      expect(refusals.join("\n")).to.equal("");
      expect(applied).to.be.above(5 * count);
    });
  }

  it("are those that a process of their own renders", async () => {
    const settings = {
      environment: "test",
      namespace: { name: "ml" },
      models: [{ model: "iris", versions: [{ version: "1" }] }],
    };
    const full = { ...settings, images: { inference: "i:1", trainer: "t:1" }, storage: { models: { size: "1Gi" } } };
    const many = [];
    for await (const rendering of renderMany([full, full])) many.push(rendering);
    expect(many).to.have.length(2);
    expect(many[0], JSON.stringify(many[0])).to.have.property("objects");
    expect(many[1]).to.deep.equal(many[0]);
  });

  it("are refused if they are wrong", async () => {
    const objects = (await objectsOf("dev")).map(({ object }) => object);
    expect(await refused(server, objects)).to.deep.equal([]);
    const wrong = objects.map((object) =>
      object.kind === "Deployment" ? { ...object, spec: { ...(object["spec"] as object), replicas: -1 } } : object,
    );
    const lines = await refused(server, wrong);
    expect(lines.length).to.be.above(0);
    for (const line of lines) expect(line).to.match(/^Deployment .*spec\.replicas: Invalid value: -1/);
  });
});

/** What the API server refuses of a stack's objects, and what it warns of. */
async function refused({ client }: ApiServer, objects: readonly KubernetesObject[]): Promise<string[]> {
  const [stored, others] = [objects.filter(isStored), objects.filter((object) => !isStored(object))];
  const known = others.filter(({ kind }) => !UNKNOWN.includes(kind));
  const namespaces = new Set(known.flatMap(({ metadata: { namespace } }) => namespace ?? []));
  const lines: string[] = [];
  const note = (what: string, { status, body, warnings }: Awaited<ReturnType<typeof client.apply>>) => {
    if (status >= 300) lines.push(`${what}: ${Reflect.get(Object(body), "message")}`);
    lines.push(...warnings.map((warning) => `${what}: warning: ${warning}`));
  };
  // Those of the stack are there first, with the labels that decide about its pods.
  for (const name of namespaces) {
    await client.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name } }, { dryRun: false });
  }
  for (const object of stored) note(nameOf(object), await client.apply(object, { dryRun: false }));
  for (const object of known) note(nameOf(object), await client.apply(object, { dryRun: true }));
  for (const pod of known.flatMap(podsOf)) {
    note(`pod of ${pod.owner}`, await client.createPod(pod.namespace, pod.manifest));
  }
  for (const object of stored) if (object.kind !== "Namespace") await client.delete(object);
  return lines;
}

/** What others are checked against has to be there. */
function isStored({ kind }: KubernetesObject): boolean {
  return kind === "Namespace" || kind === "LimitRange";
}

function nameOf({ kind, metadata }: KubernetesObject): string {
  return `${kind} ${metadata.namespace ?? ""}/${metadata.name}`;
}
