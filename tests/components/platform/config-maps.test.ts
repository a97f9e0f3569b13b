import { expect } from "chai";
import { ConfigMaps } from "../../../components/index.ts";
import { only, optionsOf, record } from "../recorder.ts";

/** A ConfigMap as registered, and the reference that a pod gets. */
async function configMap(key: string, name: string | undefined, data: Record<string, string>) {
  let hash: string | undefined;
  const made = await record(() => {
    const configMaps = new ConfigMaps(`maps-${key}`, { namespace: "ml", configMaps: { [key]: { name, data } } });
    hash = configMaps.references([key])[0]?.hash;
  });
  const object = only(made, "ConfigMap");
  return { inputs: object.inputs, options: optionsOf(object), hash };
}

describe("ConfigMaps", () => {
  it("are immutable if Pulumi names them, so that changed content creates a new object and rolls the pods", async () => {
    const { inputs, hash } = await configMap("auto", undefined, { A: "1" });
    expect(inputs).to.deep.include({ immutable: true, data: { A: "1" } });
    expect(hash).to.equal(undefined);
  });

  it("with a fixed name are changed in place, and roll the pods by a hash of their content", async () => {
    const first = await configMap("first", "shared-config", { A: "1", B: "2" });
    expect(first.inputs).to.not.have.property("immutable");
    expect(first.options?.deleteBeforeReplace).to.equal(true);
    const same = await configMap("same", "shared-config", { B: "2", A: "1" });
    const changed = await configMap("changed", "shared-config", { A: "1", B: "3" });
    expect(same.hash).to.equal(first.hash);
    expect(changed.hash).to.not.equal(first.hash);
  });

  it("cannot be referenced if they do not exist", () => {
    const configMaps = new ConfigMaps("maps-none", { namespace: "ml", configMaps: {} });
    expect(() => configMaps.references(["ml-config"])).to.throw('there is no ConfigMap "ml-config"');
  });
});
