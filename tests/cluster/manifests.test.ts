import path from "node:path";
import { expect } from "chai";
import { execa } from "execa";
import { conform, servedDefinitions, writeSchemas } from "../schemas.ts";
import { type Cluster, devCluster, repository } from "./support/cluster.ts";

describe("rendered manifests, validated against the schemas that the API server publishes", function () {
  this.timeout(120_000);
  let cluster: Cluster;
  let schemas: string;
  before(async function () {
    this.timeout(60 * 60_000);
    cluster = await devCluster();
    schemas = await writeSchemas(await servedDefinitions(cluster.kubectl), path.join(cluster.folder, "schemas"));
  });

  for (const stack of ["dev", "prod"]) {
    it(`are all valid for stack ${stack}`, async () => {
      const folder = path.join(cluster.folder, `rendered-${stack}`);
      await execa(process.execPath, ["render/cli.ts", "--stack", stack, "--out", folder], { cwd: repository });
      const { wrong, summary, exitCode } = await conform(schemas, { folder });
      expect(wrong).to.deep.equal([]);
      expect(summary).to.include({ invalid: 0, errors: 0, skipped: 0 });
      expect(summary.valid).to.be.above(15);
      expect(exitCode).to.equal(0);
    });
  }

  it("would be rejected if they were invalid", async () => {
    const route = (spec: object) =>
      JSON.stringify({ apiVersion: "gateway.networking.k8s.io/v1", kind: "HTTPRoute", metadata: { name: "r" }, spec });
    expect((await conform(schemas, { text: route({ hostnames: ["a.example.com"] }) })).exitCode).to.equal(0);
    expect((await conform(schemas, { text: route({ hostnames: "a.example.com" }) })).exitCode).to.equal(1);
    expect((await conform(schemas, { text: route({ hostname: ["a.example.com"] }) })).exitCode).to.equal(1);
  });
});
