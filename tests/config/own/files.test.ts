import { expect } from "chai";
import { problemsOf, type Settings } from "../support.ts";

const shared = {
  configMaps: { app: { data: { "app.yaml": "a: 1" } }, plain: { data: { LEVEL: "info" } }, theirs: { existing: "ca" } },
  secrets: {
    tls: { data: { "tls.key": { value: "k" } } },
    pull: { registry: { server: "ghcr.io", username: "u", password: { config: "p" } } },
  },
};

/** The mistakes in one version. */
const version = (settings: Settings) =>
  problemsOf({ ...shared, models: [{ model: "fraud", versions: [{ version: "1", ...settings }] }] }).map((line) =>
    line.replace("models[0].versions[0].", ""),
  );

describe("files from ConfigMaps and Secrets", () => {
  it("are single keys or whole folders, of versions and of Jobs", () => {
    const files = {
      "/etc/app/app.yaml": { configMap: "app", key: "app.yaml" },
      "/etc/ca": { configMap: "theirs" },
      "/etc/tls": { secret: "tls" },
      "/home/user/.docker/config.json": { secret: "pull", key: ".dockerconfigjson" },
    };
    expect(version({ files })).to.deep.equal([]);
    const training = { jobs: [{ name: "t", image: "team/t:1", files }] };
    expect(problemsOf({ ...shared, training })).to.deep.equal([]);
  });

  it("have one source that exists, with a key that exists", () => {
    const files = {
      "/a": {},
      "/b": { configMap: "app", secret: "tls" },
    };
    expect(version({ files })).to.deep.equal([
      "files./a: takes exactly one of configMap and secret",
      "files./b: takes exactly one of configMap and secret",
    ]);
    expect(
      version({
        files: {
          "/a": { configMap: "apps" },
          "/b": { configMap: "app", key: "app.yml" },
          "/c": { secret: "tsl" },
          "/d": { secret: "tls", key: "tls.crt" },
        },
      }),
    ).to.deep.equal([
      'files./a.configMap: there is no ConfigMap "apps" under configMaps; there is "app", "plain", "theirs"',
      'files./b.key: ConfigMap "app" has no key "app.yml"; there is "app.yaml"',
      'files./c.secret: there is no secret "tsl" under secrets; there is "tls", "pull"',
      'files./d.key: secret "tls" has no key "tls.crt"; there is "tls.key"',
    ]);
  });

  it("are at places of their own", () => {
    const file = { configMap: "app", key: "app.yaml" };
    expect(version({ files: { "/models": file, "/models/x": file, "/etc/a": file, "/etc/a/b": file } })).to.deep.equal([
      "files./models: is /models, which is mounted already; choose another path",
      "files./models/x: is in /models, which is mounted already; choose another path",
      "files./etc/a/b: is in /etc/a, which is mounted already; choose another path",
    ]);
    expect(version({ image: "team/api:1", sharedMemory: "1Gi", files: { "/dev": file } })).to.deep.equal([
      "files./dev: would hide /dev/shm, which is mounted already; choose another path",
    ]);
    const jobs = [{ name: "t", task: "iris", model: "iris", files: { "/tmp/x": file } }];
    expect(problemsOf({ ...shared, training: { jobs } })).to.deep.equal([
      "training.jobs[0].files./tmp/x: is in /tmp, which is mounted already; choose another path",
    ]);
  });

  it("replace those of the defaults one by one", () => {
    const models = [
      {
        model: "fraud",
        defaults: { files: { "/a": { configMap: "nowhere" }, "/b": { configMap: "plain" } } },
        versions: [{ version: "1", files: { "/a": { secret: "tls" } } }],
      },
    ];
    expect(problemsOf({ ...shared, models })).to.deep.equal([]);
  });

  it("may have dots in their names, which variables may not", () => {
    expect(version({ configMaps: ["app"], secrets: ["tls"] })).to.deep.equal([
      'configMaps[0]: ConfigMap "app" has app.yaml, which cannot be a variable; mount it by files, or put it into another',
      'secrets[0]: secret "tls" has tls.key, which cannot be a variable; mount it by files, or put it into another',
    ]);
    expect(problemsOf({ configMaps: { app: { data: { "..x": "1" } } } })[0]).to.match(/must not be '\.' or begin with/);
  });
});

describe("a spread over nodes", () => {
  const spread = (matchLabelKeys: readonly string[], more: Settings = {}) =>
    version({ scheduling: { topologySpread: [{ topologyKey: "kubernetes.io/hostname", matchLabelKeys }] }, ...more });

  it("compares revisions, or any label of the pods", () => {
    expect(spread(["pod-template-hash"])).to.deep.equal([]);
    expect(spread(["team"], { labels: { team: "a" } })).to.deep.equal([]);
    expect(spread(["team"], { pod: { metadata: { labels: { team: "a" } } } })).to.deep.equal([]);
  });

  it("compares no label that the selector has, or that the pods do not have", () => {
    const path = "scheduling.topologySpread[0].matchLabelKeys";
    expect(spread(["app", "rack", "pod-template-hash", "pod-template-hash"])).to.deep.equal([
      `${path}[0]: "app" is in the version's selector, which counts already; leave it out`,
      `${path}[1]: the pods have no label "rack"; take pod-template-hash, or add it to labels`,
      `${path}[3]: "pod-template-hash" is listed already`,
    ]);
  });
});

describe("the project's images", () => {
  const own = { models: [{ model: "fraud", versions: [{ version: "1", image: "team/api:1" }] }], storage: {} };

  it("are not needed by a stack whose servers and Jobs all have images of their own", () => {
    const training = { jobs: [{ name: "t", image: "team/t:1" }] };
    expect(problemsOf({ ...own, training, images: undefined })).to.deep.equal([]);
    expect(problemsOf({ ...own, images: { pullPolicy: "Always" } })).to.deep.equal([]);
  });

  it("are needed by everything else, which the message names", () => {
    const models = [{ model: "fraud", versions: [{ version: "1" }, { version: "2" }] }];
    expect(problemsOf({ models, images: undefined })).to.deep.equal([
      "images.inference: is missing, and models[0].versions[0] and 1 more runs it; give its reference, or give images.registry to build it",
      "images.trainer: is missing, and storage.init runs it; give its reference, or give images.registry to build it",
    ]);
    const fetched = [
      {
        model: "fraud",
        versions: [{ version: "1", image: "team/api:1", source: { url: "https://a.example/m.onnx" } }],
      },
    ];
    expect(problemsOf({ ...own, models: fetched, images: undefined })).to.deep.equal([
      "images.inference: is missing, and models[0].versions[0] runs it; give its reference, or give images.registry to build it",
    ]);
  });
});
