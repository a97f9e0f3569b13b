import { expect } from "chai";
import { isImmutable, parseSource } from "../../../apps/sources/source.ts";

describe("parseSource", () => {
  it("reads every form", () => {
    expect(parseSource("s3://bucket/models/1/")).to.deep.equal({
      kind: "s3",
      bucket: "bucket",
      key: "models/1/",
      isGoogle: false,
    });
    expect(parseSource("gs://bucket")).to.deep.equal({ kind: "s3", bucket: "bucket", key: "", isGoogle: true });
    expect(parseSource("hf://owner/name")).to.deep.equal({
      kind: "hf",
      repository: "owner/name",
      revision: "main",
      path: "",
    });
    expect(parseSource("hf://owner/name@v1.0/onnx/")).to.deep.equal({
      ...{ kind: "hf", repository: "owner/name", revision: "v1.0", path: "onnx" },
    });
    const digest = `sha256:${"0".repeat(64)}`;
    expect(parseSource(`oci://ghcr.io/owner/name:v1@${digest}`)).to.deep.equal({
      ...{ kind: "oci", registry: "ghcr.io", repository: "owner/name", reference: digest, plain: false },
    });
    expect(parseSource("oci://localhost:5000/name")).to.include({ reference: "latest", plain: true });
    expect(parseSource("oci://docker.io/library/name:2")).to.include({
      registry: "registry-1.docker.io",
      reference: "2",
    });
    expect(parseSource("https://host/a.onnx")).to.deep.equal({ kind: "http", url: new URL("https://host/a.onnx") });
  });

  it("knows which names can never mean anything else", () => {
    expect(isImmutable(parseSource(`hf://o/n@${"a".repeat(40)}`))).to.equal(true);
    expect(isImmutable(parseSource(`oci://h/n@sha256:${"a".repeat(64)}`))).to.equal(true);
    for (const text of ["hf://o/n@main", "oci://h/n:1", "s3://bucket/key", "https://h/a"]) {
      expect(isImmutable(parseSource(text)), text).to.equal(false);
    }
  });

  it("refuses everything else, and credentials, without repeating them", () => {
    for (const text of [
      "",
      "model.onnx",
      "ftp://h/a",
      "s3://",
      "s3:///key",
      "hf://name",
      "oci://host",
      "https://",
      "s3://b/k k",
    ]) {
      expect(() => parseSource(text), text).to.throw(/is not a source: write s3:\/\/BUCKET\/KEY/);
    }
    expect(() => parseSource("https://me:hidden@host/a"))
      .to.throw(/^https:\/\/host\/a has credentials in its URL/)
      .with.property("message")
      .not.includes("hidden");
  });
});
