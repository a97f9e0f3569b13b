import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect } from "chai";
import { parse } from "yaml";
import { z } from "zod";
import { Keda } from "../../config/schema/serving/keda.ts";
import { writeFiles } from "../../render/files.ts";
import { conform, publishedDefinitions, writeSchemas } from "../schemas.ts";
import { ensureTool } from "../tools/index.ts";
import { objectsOf, stacks } from "./stacks.ts";

/** A part of a JSON schema. */
interface Part {
  readonly items?: Part;
  readonly properties?: Readonly<Record<string, Part>>;
  readonly required?: readonly string[];
  readonly enum?: readonly string[];
}

describe("rendered manifests, validated against the published schemas of Kubernetes and the custom kinds", function () {
  this.timeout(120_000);
  let folder: string;
  let schemas: string;
  before(async function () {
    // Builds kubeconform and downloads the schemas on first use.
    this.timeout(20 * 60_000);
    folder = await mkdtemp(path.join(tmpdir(), "schemas-"));
    schemas = await writeSchemas(await publishedDefinitions(), path.join(folder, "schemas"));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  for (const stack of Object.keys(stacks)) {
    it(`are all valid for stack ${stack}`, async () => {
      const objects = await objectsOf(stack);
      const out = path.join(folder, stack);
      await writeFiles(out, objects);
      const { wrong, summary } = await conform(schemas, { folder: out });
      expect(wrong).to.deep.equal([]);
      expect(summary).to.deep.include({ valid: objects.length, invalid: 0, errors: 0, skipped: 0 });
    });
  }

  for (const stack of ["keda", "llm"]) {
    it(`are all valid for the example ${stack}`, async () => {
      const all = await objectsOf(stack, [`examples/Pulumi.${stack}.yaml`]);
      // Envoy Gateway's policies have no schema here.
      const objects = all.filter(({ object }) => object.kind !== "BackendTrafficPolicy");
      const out = path.join(folder, stack);
      await writeFiles(out, objects);
      const { wrong, summary } = await conform(schemas, { folder: out });
      expect(wrong).to.deep.equal([]);
      expect(summary).to.deep.include({ valid: objects.length, invalid: 0, errors: 0, skipped: 0 });
    });
  }

  const object = (apiVersion: string, kind: string, spec: object) =>
    conform(schemas, { text: JSON.stringify({ apiVersion, kind, metadata: { name: "it" }, spec }) });

  it("have triggers of KEDA with the fields of its own definition", async () => {
    const definition = path.join(await ensureTool("schemas"), "crds/keda/keda.sh_scaledobjects.yaml");
    const [version] = parse(await readFile(definition, "utf8")).spec.versions;
    const { triggers, fallback } = version.schema.openAPIV3Schema.properties.spec.properties;
    const settings = z.toJSONSchema(Keda, { unrepresentable: "any" }).properties as Record<string, Part>;
    const trigger = settings["triggers"]?.items;
    expect(Object.keys(trigger?.properties ?? {})).to.have.members(Object.keys(triggers.items.properties));
    expect(trigger?.required).to.have.members(triggers.items.required);
    expect(Object.keys(settings["fallback"]?.properties ?? {})).to.have.members(Object.keys(fallback.properties));
    // For formulas, which the settings do not have.
    const behaviors = fallback.properties.behavior.enum.filter((name: string) => name !== "scalingModifiers");
    expect(settings["fallback"]?.properties?.["behavior"]?.enum).to.have.members(behaviors);
  });

  it("fail the check if they are invalid", async () => {
    const selector = { matchLabels: { app: "it" } };
    const template = { metadata: { labels: { app: "it" } }, spec: { containers: [{ name: "c" }] } };
    expect((await object("apps/v1", "Deployment", { selector, template })).exitCode).to.equal(0);
    expect((await object("apps/v1", "Deployment", { template })).exitCode).to.equal(1);
    expect((await object("apps/v1", "Deployment", { selector, template, replica: 1 })).exitCode).to.equal(1);
    expect((await object("apps/v1", "Deployment", { selector, template, replicas: "1" })).exitCode).to.equal(1);
  });

  it("fail the check if objects of custom kinds are invalid", async () => {
    const rules = [{ backendRefs: [{ name: "a", port: 80, weight: 1 }] }];
    const route = (spec: object) => object("gateway.networking.k8s.io/v1", "HTTPRoute", spec);
    expect((await route({ rules })).exitCode).to.equal(0);
    expect((await route({ rules: [{ backendRefs: [{ name: "a", weight: "1" }] }] })).exitCode).to.equal(1);
    expect((await route({ rules, hostname: ["a.example.com"] })).exitCode).to.equal(1);
    const monitor = (spec: object) => object("monitoring.coreos.com/v1", "ServiceMonitor", spec);
    expect((await monitor({ selector: {}, endpoints: [{ port: "metrics" }] })).exitCode).to.equal(0);
    expect((await monitor({ selector: {}, endpoints: [{ port: 9090 }] })).exitCode).to.equal(1);
    const scaled = (spec: object) => object("keda.sh/v1alpha1", "ScaledObject", spec);
    const triggers = [{ type: "cpu", metadata: { value: "70" } }];
    expect((await scaled({ scaleTargetRef: { name: "a" }, triggers })).exitCode).to.equal(0);
    expect((await scaled({ scaleTargetRef: { name: "a" }, triggers: [{ type: "cpu" }] })).exitCode).to.equal(1);
  });
});
