import { expect } from "chai";
import { waves } from "../../local/deploy/apply.ts";
import { renderStack } from "../../render/render.ts";
import { describeObject, type RenderedObject } from "../../render/rendered.ts";

function item(name: string, ...dependsOn: string[]): RenderedObject {
  const object = { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace: "ml" } };
  return { object, ignoreChanges: [], dependsOn: dependsOn.map((other) => `/ConfigMap/ml/${other}`) };
}

describe("the order of a deployment", () => {
  it("makes nothing before what it depends on", () => {
    const order = waves([item("c", "b", "a"), item("b", "a"), item("a"), item("d")]);
    expect(order.map((wave) => wave.map(({ object }) => object.metadata.name))).to.deep.equal([
      ["a", "d"],
      ["b"],
      ["c"],
    ]);
  });

  it("does not wait for what is not in the program, and refuses a circle", () => {
    expect(waves([item("a", "elsewhere")])).to.have.length(1);
    expect(() => waves([item("a", "b"), item("b", "a")])).to.throw("depend on each other");
  });

  it("lays out the storage before anything trains or serves, and moves traffic last", async () => {
    const overrides = { images: { inference: "inference:1", trainer: "trainer:1" } };
    const { objects } = await renderStack({ stack: "dev", overrides });
    const order = waves(objects).map((wave) =>
      wave.map(({ object }) => describeObject(object).replace(/-[0-9a-f]{8}$/, "")),
    );
    const waveOf = (name: string) => order.findIndex((wave) => wave.includes(name));
    expect(waveOf("Namespace ml-dev")).to.equal(0);
    expect(waveOf("ResourceQuota ml-quota")).to.be.below(waveOf("Job storage-init"));
    for (const name of ["Job train-sentiment", "Deployment model-v1", "Deployment model-v2", "Deployment iris"]) {
      expect(waveOf("Job storage-init"), name).to.be.below(waveOf(name));
    }
    expect(waveOf("HTTPRoute sentiment-classifier")).to.be.above(waveOf("Deployment model-v2"));
  });
});
