import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect } from "chai";
import { stringify } from "yaml";
import { manyModels } from "../../bench/render.ts";
import { renderStack } from "../../render/render.ts";

describe("a stack with many models", function () {
  this.timeout(120_000);

  it("has the same number of additional objects for every model, each with the model's own settings", async () => {
    const folder = await mkdtemp(path.join(tmpdir(), "many-"));
    try {
      const objectsWith = async (count: number) => {
        const file = path.join(folder, `${count}.yaml`);
        await writeFile(file, stringify(manyModels(count)));
        const objects = await renderStack({ stack: "many", configFiles: [file] });
        return objects.map(({ object }) => `${object.kind} ${object.metadata.name}`);
      };
      const [ten, twenty] = [await objectsWith(10), await objectsWith(20)];
      expect(new Set(twenty).size).to.equal(twenty.length);
      // Two Deployments, Services, autoscalers and disruption budgets; one route and its retry policy.
      expect(twenty.length - ten.length).to.equal(10 * 10);
      expect(twenty).to.include.members(["Deployment model-19-v1", "Deployment model-19-v2"]);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
