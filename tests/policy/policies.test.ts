import { readFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "chai";
import { policies } from "../../policy/policies.ts";
import { DIGEST, GOOD_CONTAINER, judge } from "./support.ts";

const repository = path.resolve(import.meta.dirname, "../..");

/** A Deployment `ml/app` with an image. */
const deployment = (image: string) => ({
  type: "kubernetes:apps/v1:Deployment",
  props: {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "app", namespace: "ml" },
    spec: { template: { spec: { containers: [{ ...GOOD_CONTAINER, image }] } } },
  },
});
const claim = {
  type: "kubernetes:core/v1:PersistentVolumeClaim",
  props: { apiVersion: "v1", kind: "PersistentVolumeClaim", metadata: { name: "models", namespace: "ml" } },
};

/** Levels and names of the violated policies. */
async function levels(...args: Parameters<typeof judge>): Promise<string[]> {
  return (await judge(...args)).map((line) => line.split(":", 1)[0] ?? "");
}

describe("the policy pack", () => {
  it("rejects images without a digest in production, and only advises elsewhere", async () => {
    expect(await levels(deployment("app:1"), { environment: "prod" })).to.deep.equal(["mandatory pinned-images"]);
    expect(await levels(deployment("app:1"), { environment: "production" })).to.deep.equal(["mandatory pinned-images"]);
    expect(await levels(deployment("app:1"), { environment: "dev" })).to.deep.equal(["advisory pinned-images-advice"]);
    expect(await levels(deployment(`app:1@${DIGEST}`), { environment: "prod" })).to.deep.equal([]);
  });

  it("only advises if the image is built on this machine", async () => {
    const local = deployment("localhost/app:1");
    expect(await levels(local, { environment: "prod" })).to.deep.equal(["advisory pinned-images-advice"]);
    expect(await levels(local, { environment: "dev" })).to.deep.equal(["advisory pinned-images-advice"]);
  });

  it("rejects unprotected claims in production only", async () => {
    expect(await judge(claim, { environment: "prod" })).to.deep.equal([
      "mandatory protected-claims: PersistentVolumeClaim ml/models: option protect: is not set, so the data can be deleted; set `storage.protect: true` in the stack file, or `protect: true` on the resource",
    ]);
    expect(await judge({ ...claim, protect: true }, { environment: "prod" })).to.deep.equal([]);
    expect(await judge(claim, { environment: "dev" })).to.deep.equal([]);
  });

  it("treats a stack without an environment as production", async () => {
    expect(await levels(claim)).to.deep.equal(["mandatory protected-claims"]);
    expect(await levels(deployment("app:1"))).to.deep.equal(["mandatory pinned-images"]);
  });

  it("takes the names of production environments from its configuration", async () => {
    const production = { "protected-claims": { production: ["live-*"] } };
    expect(await levels(claim, { environment: "live-eu", config: production })).to.deep.equal([
      "mandatory protected-claims",
    ]);
    expect(await levels(claim, { environment: "prod", config: production })).to.deep.equal([]);
    const named = { "protected-claims": { environment: "prod" } };
    expect(await levels(claim, { environment: "dev", config: named })).to.deep.equal(["mandatory protected-claims"]);
  });

  it("skips only the exempt objects", async () => {
    const judged = (exempt: string[]) =>
      levels(deployment("app:1"), { environment: "prod", config: { "pinned-images": { exempt } } });
    for (const pattern of ["Deployment ml/app", "Deployment ml/*", "* */app"]) {
      expect(await judged([pattern]), pattern).to.deep.equal([]);
    }
    for (const pattern of ["Deployment ml/ap", "Job ml/app", "Deployment other/app", "Deployment app", "."]) {
      expect(await judged([pattern]), pattern).to.deep.equal(["mandatory pinned-images"]);
    }
  });

  it("uses the names, folders and levels in its configuration", async () => {
    const pod = {
      type: "kubernetes:core/v1:Pod",
      props: {
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name: "app", namespace: "ml" },
        spec: {
          containers: [{ ...GOOD_CONTAINER, env: [{ name: "SHARD_KEY", value: "user" }] }],
          volumes: [{ name: "logs", hostPath: { path: "/var/log" } }],
        },
      },
    };
    expect(await levels(pod)).to.deep.equal(["mandatory no-plain-credentials", "mandatory no-privileged-pods"]);
    const config = {
      "no-plain-credentials": { allowedNames: ["SHARD_KEY"] },
      "no-privileged-pods": { hostPaths: ["Pod ml/app /var/log"] },
    };
    expect(await levels(pod, { config })).to.deep.equal([]);
  });

  it("reports nothing for resources that are not Kubernetes objects", async () => {
    const props = { kind: "Secret", apiVersion: "v1", stringData: { A: "plain" } };
    expect(await judge({ type: "random:index/randomPassword:RandomPassword", props })).to.deep.equal([]);
    expect(await judge({ type: "kubernetes:yaml/v2:ConfigGroup", props: { yaml: "kind: Pod" } })).to.deep.equal([]);
  });

  it("has all of its policies and settings documented in docs/policies.md", async () => {
    const page = await readFile(path.join(repository, "docs/policies.md"), "utf8");
    const found = policies(undefined);
    expect([...page.matchAll(/^## `(.*)`/gm)].map(([, name]) => name)).to.deep.equal(found.map(({ name }) => name));
    for (const { name, configSchema } of found) {
      const section = page.split(`## \`${name}\``)[1]?.split("\n## ")[0] ?? "";
      const own = Object.keys(configSchema?.properties ?? {}).filter((property) => property !== "exempt");
      for (const property of own) expect(section, name).to.contain(`\`${property}\``);
    }
  });
});
