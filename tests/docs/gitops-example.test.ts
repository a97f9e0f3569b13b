import { readFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "chai";
import { parse, parseAllDocuments } from "yaml";

const repository = path.resolve(import.meta.dirname, "../..");
const read = (file: string) => readFile(path.join(repository, file), "utf8");

describe("the example for GitOps", () => {
  it("applies the folder that the guide renders, and removes what is no longer rendered", async () => {
    expect(await read("docs/guides/gitops.md")).to.contain("--out rendered/prod");
    const application = parse(await read("examples/gitops/argo-cd.yaml"));
    expect(application).to.include({ apiVersion: "argoproj.io/v1alpha1", kind: "Application" });
    expect(application.spec.source.path).to.equal("rendered/prod");
    expect(application.spec.syncPolicy.automated.prune).to.equal(true);
    expect(application.spec.syncPolicy.syncOptions).to.include("ServerSideApply=true");

    const [source, kustomization] = parseAllDocuments(await read("examples/gitops/flux.yaml")).map((document) =>
      document.toJS(),
    );
    expect(kustomization.spec.sourceRef).to.deep.equal({ kind: source.kind, name: source.metadata.name });
    expect(kustomization.spec).to.include({ path: "./rendered/prod", prune: true });
  });

  it("protects a claim that the stack has", async () => {
    const [, block = ""] = /```yaml\n([\s\S]*?)```/.exec(await read("examples/gitops/README.md")) ?? [];
    const [patch] = parse(block).config["ml-platform:patches"];
    const { config } = parse(await read("Pulumi.prod.yaml"));
    expect(patch.target.name).to.equal(config["ml-platform:storage"].models.name);
  });
});
