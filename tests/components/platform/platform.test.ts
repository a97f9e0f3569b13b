import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { Images, ModelStorage, Namespace, Secrets, TrainingPipeline } from "../../../components/index.ts";
import { only, optionsOf, record } from "../recorder.ts";

// biome-ignore lint/suspicious/noExplicitAny: manifests are read here as a person would read the YAML
type Manifest = any;

describe("Namespace", () => {
  it("has its name, environment and Pod Security level as labels", async () => {
    const made = await record(() => new Namespace("n1", { name: "ml-dev", environment: "dev" }));
    const { metadata }: Manifest = only(made, "Namespace").inputs;
    expect(metadata.labels).to.include({
      name: "ml-dev",
      environment: "dev",
      "pod-security.kubernetes.io/enforce": "restricted",
      "pod-security.kubernetes.io/warn": "restricted",
      "pod-security.kubernetes.io/audit": "restricted",
    });
  });
});

describe("ModelStorage", () => {
  const storage = { namespace: "ml", trainerImage: "trainer:1", models: { size: "50Gi" } };

  it("protects the claims from deletion if requested", async () => {
    const open = await record(() => new ModelStorage("s0", storage));
    expect(optionsOf(only(open, "PersistentVolumeClaim"))?.protect).to.equal(false);
    const made = await record(() => new ModelStorage("s1", { ...storage, protect: true }));
    expect(optionsOf(only(made, "PersistentVolumeClaim"))?.protect).to.equal(true);
  });

  it("passes the versions to publish to the init Job, which has no TTL", async () => {
    const seed = [{ model: "iris", version: "1", task: "iris" }];
    const made = await record(() => new ModelStorage("s2", { ...storage, init: { seed } }));
    const spec: Manifest = only(made, "Job").inputs["spec"];
    const [container] = spec.template.spec.containers;
    expect(container.args).to.deep.equal(["init-storage", "--no-data"]);
    const variable = container.env.find(({ name }: Manifest) => name === "STORAGE_SPEC");
    expect(JSON.parse(variable.value)).to.deep.equal(seed);
    expect(spec).to.not.have.property("ttlSecondsAfterFinished");
  });

  it("with a fixed name can be replaced", async () => {
    const made = await record(() => new ModelStorage("s3", { ...storage, init: { name: "storage-init" } }));
    expect(optionsOf(only(made, "Job"))?.deleteBeforeReplace).to.equal(true);
  });
});

describe("TrainingPipeline", () => {
  const pipeline = { namespace: "ml", trainerImage: "trainer:1", modelsClaim: "models", dataClaim: "data" };
  const job = { name: "train", task: "sentiment", model: "sentiment", parameters: { ngrams: 2 }, minAccuracy: 0.8 };

  it("trains again only if `run` is increased, as a new resource", async () => {
    const first = await record(() => new TrainingPipeline("p1", { ...pipeline, jobs: [job] }));
    const second = await record(() => new TrainingPipeline("p2", { ...pipeline, jobs: [{ ...job, run: 2 }] }));
    expect(only(first, "Job").name).to.not.equal(only(second, "Job").name);
    expect((only(second, "Job").inputs["metadata"] as Manifest).name).to.equal("train-2");
    expect(optionsOf(only(first, "Job"))?.ignoreChanges).to.deep.equal([
      "spec",
      'metadata.labels["kueue.x-k8s.io/queue-name"]',
    ]);
  });

  it("passes image, Job and pod to the trainer for the version's lineage", async () => {
    const made = await record(() => new TrainingPipeline("p2-lineage", { ...pipeline, jobs: [job] }));
    const [container] = (only(made, "Job").inputs["spec"] as Manifest).template.spec.containers;
    const variable = (name: string) => container.env.find((found: Manifest) => found.name === name);
    expect(variable("TRAINER_IMAGE").value).to.equal("trainer:1");
    expect(variable("JOB_NAME").valueFrom.fieldRef.fieldPath).to.equal(
      "metadata.labels['batch.kubernetes.io/job-name']",
    );
    expect(variable("POD_NAME").valueFrom.fieldRef.fieldPath).to.equal("metadata.name");
  });

  it("passes the hyper-parameters and the accuracy limit to the trainer", async () => {
    const made = await record(() => new TrainingPipeline("p3", { ...pipeline, jobs: [{ ...job, run: 3 }] }));
    const [container] = (only(made, "Job").inputs["spec"] as Manifest).template.spec.containers;
    expect(container.args).to.deep.equal([
      "train",
      "--task=sentiment",
      "--model=sentiment",
      "--min-accuracy=0.8",
      "--param=ngrams=2",
    ]);
  });
});

describe("Secrets", () => {
  it("keeps generated and given values secret, and gives pods references to them by key", async () => {
    let reference: unknown;
    const made = await record(() => {
      const data = { API_KEY: { random: { length: 40 } }, USER: { value: "someone" } };
      const secrets = new Secrets("x1", { namespace: "ml", secrets: { credentials: { data } } });
      reference = Object.keys(secrets.references({ KEY: { secret: "credentials", key: "API_KEY" } }));
      expect(() => secrets.references({ KEY: { secret: "none", key: "K" } })).to.throw('there is no secret "none"');
    });
    expect(reference).to.deep.equal(["KEY"]);
    expect(only(made, "RandomPassword").inputs).to.include({ length: 40 });
    const mark = "4dabf18193072939515e22adb298388d";
    const stringData: Manifest = only(made, "Secret").inputs["stringData"];
    const values = stringData[mark] === undefined ? Object.values(stringData) : [stringData];
    for (const value of values) expect(value).to.have.property(mark);
  });
});

let secretsMade = 0;

describe("Secrets with fixed names", () => {
  const hashOf = (data: object, name?: string) => {
    const secret = {
      ...(name === undefined ? {} : { name }),
      data: data as Readonly<Record<string, { plain: string }>>,
    };
    const secrets = new Secrets(`x-${++secretsMade}`, {
      namespace: "ml",
      secrets: { one: secret, other: { data: {} } },
    });
    return secrets.hashOf(["one", "other"]);
  };
  const resolved = (hash: pulumi.Output<string> | undefined) =>
    new Promise((resolve) => (hash === undefined ? resolve(undefined) : hash.apply(resolve)));

  it("have a hash of their values, which is as secret as they are", async () => {
    const [old, same, changed] = [{ K: { plain: "a" } }, { K: { plain: "a" } }, { K: { plain: "b" } }];
    expect(await resolved(hashOf(old, "s"))).to.equal(await resolved(hashOf(same, "s")));
    expect(await resolved(hashOf(old, "s"))).to.not.equal(await resolved(hashOf(changed, "s")));
    const given = hashOf({ K: { value: pulumi.secret("t") }, R: { random: {} } }, "s");
    expect(given !== undefined && (await pulumi.isSecret(given))).to.equal(true);
  });

  it("are the only ones that need it", async () => {
    expect(hashOf({ K: { plain: "a" } })).to.equal(undefined);
  });
});

describe("registry credentials", () => {
  it("are a Secret of Docker's type with secret content", async () => {
    const registry = { server: "registry.example.com", username: "team", password: "word" };
    const made = await record(() => {
      new Secrets("x2", { namespace: "ml", secrets: { pull: { name: "registry-credentials", registry } } });
    });
    const { type, metadata, stringData }: Manifest = only(made, "Secret").inputs;
    expect(type).to.equal("kubernetes.io/dockerconfigjson");
    expect(metadata.name).to.equal("registry-credentials");
    const mark = "4dabf18193072939515e22adb298388d";
    const value = stringData[mark] === undefined ? stringData[".dockerconfigjson"] : stringData;
    expect(value).to.have.property(mark);
    expect(JSON.stringify(value)).to.include("registry.example.com");
  });
});

describe("Images", () => {
  it("builds and pushes both apps from their own Dockerfiles, but not during a preview", async () => {
    const args = { registry: "registry.example.com/team", tag: "prod", commit: "0123abc" };
    const made = await record(() => new Images("i1", args));
    const images = made.filter(({ type }) => type === "docker-build:index:Image").map(({ inputs }) => inputs);
    expect(images.map(({ tags }) => tags)).to.have.deep.members([
      ["registry.example.com/team/inference:prod"],
      ["registry.example.com/team/trainer:prod"],
    ]);
    for (const image of images) {
      expect(image).to.deep.include({ push: true, buildOnPreview: false, platforms: ["linux/amd64"] });
      expect((image["dockerfile"] as Manifest).location).to.match(/^\.\/apps\/(inference|trainer)\/Dockerfile$/);
    }
    // The trainer records the commit in the lineage of its versions.
    expect(images.map((image) => image["buildArgs"])).to.have.deep.members([{}, { COMMIT: "0123abc" }]);
  });

  it("builds one image for both apps if requested", async () => {
    const references: string[] = [];
    const made = await record(() => {
      const combined = new Images("i4-pushed", { registry: "team", tag: "dev", combined: true });
      combined.inference.apply((reference) => references.push(reference));
      combined.trainer.apply((reference) => references.push(reference));
    });
    expect(only(made, "Image").inputs["dockerfile"]).to.deep.equal({ location: "./apps/combined/Dockerfile" });
    expect(references).to.deep.equal(Array(2).fill("team/combined:dev@sha256:0123"));
  });

  it("refers to a pushed image by its digest, or by its tag if the digest is not known yet", async () => {
    const references: Record<string, string> = {};
    await record(() => {
      const images = new Images("i2-pushed", { registry: "team", tag: "dev" });
      images.inference.apply((reference) => {
        references["pushed"] = reference;
      });
      const previewed = new Images("i3", { registry: "team", tag: "dev" });
      previewed.trainer.apply((reference) => {
        references["previewed"] = reference;
      });
    });
    expect(references).to.deep.equal({
      pushed: "team/inference:dev@sha256:0123",
      previewed: "team/trainer:dev",
    });
  });
});
