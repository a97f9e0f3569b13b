import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect } from "chai";
import { stringify } from "yaml";
import { writeStack } from "../../../bench/engine/stack.ts";
import { manyModels } from "../../../bench/render.ts";
import { renderStack } from "../../../render/render.ts";

describe("the stack that the engine is measured with", function () {
  this.timeout(120_000);
  let folder: string;
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "bench-engine-"));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const render = (file: string) => renderStack({ stack: "many", configFiles: [file] });

  it("equals that of the rendering benchmark, object by object", async () => {
    const long = path.join(folder, "long.yaml");
    await writeFile(long, stringify(manyModels(3)));
    expect(await render(await writeStack(folder, 3))).to.deep.equal(await render(long));
  });

  it("uses the given nodes and the given gateway", async () => {
    const shared = { scheduling: { nodeSelector: { played: "yes" } } };
    const gateway = { name: "other", namespace: "elsewhere", implementation: "traefik" };
    const file = await writeStack(folder, 2, { shared, settings: { "ml-platform:gateway": gateway } });
    const objects = (await render(file)).map(({ object }) => object);
    const deployments = objects.filter(({ kind }) => kind === "Deployment");
    expect(deployments).to.have.length(4);
    for (const deployment of deployments) {
      expect(deployment).to.have.nested.property("spec.template.spec.nodeSelector.played", "yes");
    }
    expect(objects.find(({ kind }) => kind === "HTTPRoute")).to.have.nested.property(
      "spec.parentRefs[0].name",
      "other",
    );
  });
});
