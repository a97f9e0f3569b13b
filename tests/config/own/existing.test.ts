import { expect } from "chai";
import { checkStack } from "../../../config/index.ts";
import { problemsOf, type Settings, stackWith } from "../support.ts";

const image = "team/api:1";
const own = { model: "fraud", versions: [{ version: "1", image }] };
const served = { model: "fraud", versions: [{ version: "1" }] };

describe("a claim that is there already", () => {
  const storage = { models: { existingClaim: "shared" } };

  it("is neither created nor laid out, nor counted", () => {
    const namespace = { name: "ml", quota: { hard: { persistentvolumeclaims: "0", pods: "2" } } };
    expect(problemsOf({ storage, namespace, models: [served] })).to.deep.equal([]);
    const { stack } = checkStack(stackWith({ storage, models: [served] }));
    expect(stack?.storage).to.deep.include({ models: { existingClaim: "shared" }, init: false });
  });

  it("is laid out if the stack says so", () => {
    const { stack } = checkStack(stackWith({ storage: { ...storage, init: {} } }));
    expect(stack?.storage.init).to.have.property("jobType", "storage-init");
    expect(checkStack(stackWith({ storage: { models: { size: "1Gi" }, init: false } })).stack?.storage.init).to.equal(
      false,
    );
  });

  it("has no settings of one that the stack creates", () => {
    const end = "is for a claim that the stack creates, and existingClaim names another; leave one of them out";
    expect(
      problemsOf({ storage: { models: { existingClaim: "a", size: "1Gi", accessMode: "ReadWriteOnce" } } }),
    ).to.deep.equal([`storage.models.size: ${end}`, `storage.models.accessMode: ${end}`]);
    expect(problemsOf({ storage: { models: {} } })).to.deep.equal([
      "storage.models: takes exactly one of size, for a claim to create, and existingClaim, for one that is there",
    ]);
  });
});

describe("a stack without a claim", () => {
  it("has servers and trainers of its own", () => {
    expect(problemsOf({ storage: {}, models: [own], training: { jobs: [{ name: "t", image }] } })).to.deep.equal([]);
  });

  it("has nothing that reads or writes models there", () => {
    const missing = "storage.models: is missing; give a claim to create (size) or one that is there (existingClaim)";
    const job = { name: "t", task: "iris", model: "iris" };
    expect(problemsOf({ storage: { init: {} }, models: [served], training: { jobs: [job] } })).to.deep.equal([
      `${missing}, for versions that read their models there`,
      `${missing}, for the project's trainer`,
      `${missing}, for storage.init`,
    ]);
  });
});

describe("a claim for one node", () => {
  it("does not bind servers that do not mount it", () => {
    const storage = { models: { size: "1Gi", accessMode: "ReadWriteOncePod" } };
    const versions = (settings: Settings) => [
      { model: "fraud", versions: [{ version: "1", image, replicas: 4, ...settings }] },
    ];
    expect(problemsOf({ storage, models: versions({}) })).to.deep.equal([]);
    expect(problemsOf({ storage, models: versions({ modelsPath: "/models" }) })).to.have.length(1);
  });
});

describe("Secrets and ConfigMaps that are there already", () => {
  const secrets = { hub: { existing: "hugging-face" }, pull: { existing: "regcred" } };

  it("give variables, whole environments and access to registries", () => {
    const version = {
      version: "1",
      secrets: ["hub"],
      configMaps: ["proxy"],
      secretEnvironment: { HF_TOKEN: { secret: "hub", key: "hf.token" } },
    };
    const fetched = { version: "2", source: { url: "s3://models/fraud/2", secret: "hub" } };
    const images = { inference: "i:1", trainer: "t:1", pullSecret: ["pull", "hub"] };
    const configMaps = { proxy: { existing: "proxy-settings" } };
    expect(
      problemsOf({ secrets, configMaps, images, models: [{ model: "fraud", versions: [version, fetched] }] }),
    ).to.deep.equal([]);
  });

  it("have no content in the stack", () => {
    expect(
      problemsOf({
        secrets: { a: { existing: "a", name: "b" }, c: { existing: "c", data: {} } },
        configMaps: { d: { existing: "d", name: "e" }, f: {} },
      }),
    ).to.deep.equal([
      "secrets.a.name: is for a Secret that the stack creates, and existing names another; leave one of them out",
      "secrets.c: takes exactly one of data, registry and existing",
      "configMaps.d.name: is for a ConfigMap that the stack creates, and existing names another; leave one of them out",
      "configMaps.f: takes exactly one of data and existing",
    ]);
  });

  it("are declared before they are used", () => {
    const images = { inference: "i:1", trainer: "t:1", pullSecret: ["pull", "other"] };
    expect(problemsOf({ secrets, images })).to.deep.equal([
      'images.pullSecret[1]: there is no secret "other" with a registry\'s credentials under secrets; there is "hub", "pull"',
    ]);
  });
});

describe("a namespace that is there already", () => {
  it("stays as it is", () => {
    expect(problemsOf({ namespace: { name: "ml", create: false, quota: { hard: { pods: "9" } } } })).to.deep.equal([]);
    expect(problemsOf({ namespace: { name: "ml", create: false, labels: { a: "b" } } })).to.deep.equal([
      "namespace.create: is false, so labels and annotations are whoever's the namespace is; leave them out",
    ]);
    expect(problemsOf({ namespace: { name: "ml", labels: { "istio-injection": "enabled" } } })).to.deep.equal([]);
  });
});
