import { expect } from "chai";
import { checkStack } from "../../config/index.ts";
import { problemsOf, stackWith } from "./support.ts";

const PINNED = `oci://registry.example.com/m@sha256:${"a".repeat(64)}`;

/** The mistakes in a stack with one version that has this source. */
const problems = (source: unknown, secrets: object = {}) =>
  problemsOf({ models: [{ model: "m", versions: [{ version: "1", source }] }], secrets }).map((line) =>
    line.replace("models[0].versions[0].", ""),
  );

describe("the source of a version", () => {
  it("is a URL, or one with settings", () => {
    for (const source of [
      "s3://bucket/models/1/",
      "hf://owner/name@main",
      "https://host/m.onnx",
      { url: "gs://bucket/m.onnx", storage: "claim" },
      { url: "https://host/m/", files: ["model.onnx"], size: "4Gi" },
      { url: PINNED, imageVolume: true },
    ]) {
      expect(problems(source), JSON.stringify(source)).to.deep.equal([]);
    }
  });

  it("says exactly what is wrong with it", () => {
    for (const [source, message] of [
      ["ftp://host/m", /^source: .*ftp:\/\/host\/m is not a source: write s3:/],
      [{ url: "https://me:hidden@host/m" }, /^source\.url: https:\/\/host\/m has credentials in its URL/],
      [{ url: "s3://bucket/m", sha256: "1" }, /^source\.sha256: must be a SHA-256/],
      [{ url: "s3://bucket/m", imageVolume: true }, /^source\.imageVolume: needs an `oci:\/\/` source with its digest/],
      [
        { url: "oci://host/m:1", imageVolume: true },
        /^source\.imageVolume: needs an `oci:\/\/` source with its digest/,
      ],
      [{ url: PINNED, imageVolume: true, size: "1Gi" }, /^source\.imageVolume: mounts the image as it is/],
      [{ url: "s3://bucket/m", storage: "claim", size: "1Gi" }, /^source\.size: is the size of a pod's volume/],
      [{ url: "https://host/m/" }, /^source\.files: must name the files/],
      [{ url: "https://host/m/", files: ["*.onnx"] }, /^source\.files: must name the files/],
      [
        { url: "s3://bucket/m", environment: { AWS_SECRET_ACCESS_KEY: "x" } },
        /^source\.environment\.AWS_SECRET_ACCESS_KEY: would be in plain text; put it into a Secret/,
      ],
      [
        { url: "s3://bucket/m", environment: { AWS_ENDPOINT_URL: "minio:9000" } },
        /^source\.environment\.AWS_ENDPOINT_URL: must be a URL/,
      ],
    ] as const) {
      const [first, ...more] = problems(source);
      expect(first, JSON.stringify(source)).to.match(message);
      expect(more).to.deep.equal([]);
    }
  });

  it("is warned about if its content may change under its name", () => {
    const warnings = (source: unknown) =>
      checkStack(stackWith({ models: [{ model: "m", versions: [{ version: "1", source }] }] })).warnings;
    for (const source of ["s3://bucket/m", "hf://owner/name", { url: "oci://host/m:1" }]) {
      const [warning, ...more] = warnings(source);
      expect(warning).to.match(/^models\[0\]\.versions\[0\]\.source: may get another content under its name/);
      expect(more).to.deep.equal([]);
    }
    for (const source of [{ url: "s3://bucket/m", sha256: "a".repeat(64) }, PINNED, `hf://o/n@${"c".repeat(40)}`]) {
      expect(warnings(source)).to.deep.equal([]);
    }
  });

  it("takes its pods out of those that use the models volume, unless it is kept there", () => {
    const storage = { models: { size: "1Gi", accessMode: "ReadWriteOnce" } };
    const source = { url: "s3://bucket/m", sha256: "a".repeat(64) };
    const warnings = (more: object) =>
      checkStack(
        stackWith({
          storage,
          models: [{ model: "m", versions: [{ version: "1", replicas: 2, source: { ...source, ...more } }] }],
        }),
      ).warnings;
    expect(warnings({})).to.deep.equal([]);
    expect(warnings({ storage: "claim" })[0]).to.match(
      /^storage\.models\.accessMode: ReadWriteOnce attaches the volume to one node/,
    );
  });

  it("serves an own server too, and is refused where it is mounted nowhere", () => {
    const version = { version: "1", image: "vllm:1", command: ["vllm"], source: PINNED };
    const of = (more: object) => problemsOf({ models: [{ model: "m", versions: [{ ...version, ...more }] }] });
    expect(of({})).to.deep.equal([]);
    expect(of({ modelsPath: false })).to.deep.equal([
      "models[0].versions[0].source: is fetched, but mounted nowhere; set modelsPath, or leave it out",
    ]);
  });

  it("has a Secret with credentials that it reads", () => {
    const values = (...keys: string[]) => ({
      store: { data: Object.fromEntries(keys.map((key) => [key, { config: "key" }])) },
    });
    const registry = {
      store: { registry: { server: "registry.example.com", username: "u", password: { config: "key" } } },
    };
    const from = (url: string, secrets: object) => problems({ url, secret: "store" }, secrets);
    expect(from("s3://bucket/m", values("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"))).to.deep.equal([]);
    expect(from("https://host/m", values("SOURCE_TOKEN"))).to.deep.equal([]);
    expect(from("oci://registry.example.com/m:1", registry)).to.deep.equal([]);
    expect(from("s3://bucket/m", {})).to.deep.equal([
      'source.secret: there is no secret "store" under secrets; there is none',
    ]);
    expect(from("s3://bucket/m", values("AWS_ACCESS_KEY_ID"))).to.deep.equal([
      'source.secret: secret "store" needs AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; there is "AWS_ACCESS_KEY_ID"',
    ]);
    expect(from("hf://owner/name", registry)).to.deep.equal([
      'source.secret: secret "store" holds the credentials of a registry; give HF_TOKEN',
    ]);
    const mounted = { url: PINNED, imageVolume: true, secret: "store" };
    expect(problems(mounted, values("SOURCE_USERNAME", "SOURCE_PASSWORD"))).to.deep.equal([
      "source.secret: the node pulls the image; name a secret with `registry`",
    ]);
  });
});
