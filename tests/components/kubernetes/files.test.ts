import { expect } from "chai";
import { sourceAnnotations } from "../../../components/kubernetes/container.ts";
import { mountFiles } from "../../../components/kubernetes/files.ts";

describe("files of a container", () => {
  it("are one key beside the image's other files, or a folder with every key, read-only", () => {
    const { volumes, volumeMounts } = mountFiles({
      "/etc/app/app.yaml": { configMap: { name: "app-1" }, key: "app.yaml" },
      "/etc/tls": { secret: "tls" },
    });
    const [first, second] = volumes.map(({ name }) => String(name));
    expect(first).to.match(/^files-etc-app-app-yaml-[0-9a-f]{6}$/);
    expect(volumes).to.deep.equal([
      { name: first, configMap: { name: "app-1", items: [{ key: "app.yaml", path: "app.yaml" }] } },
      { name: second, secret: { secretName: "tls" } },
    ]);
    expect(volumeMounts).to.deep.equal([
      { name: first, mountPath: "/etc/app/app.yaml", readOnly: true, subPath: "app.yaml" },
      { name: second, mountPath: "/etc/tls", readOnly: true },
    ]);
  });

  it("have volumes with names that Kubernetes accepts, one for each path", () => {
    const paths = [`/${"a/".repeat(60)}b`, `/${"a/".repeat(60)}c`, "/A_b.c", "/a-b-c", "/a.b"];
    const { volumes } = mountFiles(Object.fromEntries(paths.map((path) => [path, { secret: "s" }])));
    for (const { name } of volumes) expect(name).to.match(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/);
    expect(new Set(volumes.map(({ name }) => name)).size).to.equal(paths.length);
  });

  it("roll the pods when a ConfigMap with a fixed name changes, which counts once", () => {
    const app = { name: "app", hash: "0123" };
    expect(sourceAnnotations({ configMaps: [app], files: { "/a": { configMap: app } } })).to.deep.equal({
      "checksum/config": "0123",
    });
    expect(sourceAnnotations({ files: { "/a": { configMap: { name: "x" } } } })).to.deep.equal({});
  });
});
