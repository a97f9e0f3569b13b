import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect } from "chai";
import { stringify } from "yaml";
import { writeFiles } from "../../render/files.ts";
import { renderStack } from "../../render/render.ts";
import { conform, publishedDefinitions, writeSchemas } from "../schemas.ts";

const routes = { name: "gw", namespace: "gw-system", sectionName: "https", httpSectionName: "http" };
const limits = { rateLimit: { requestsPerSecond: 100 }, bodyLimit: "10Mi" };
const redirect = { tls: { redirect: true } };
const timeouts = { timeoutSeconds: 30 };
const mirror = { mirror: { version: "3", percent: 50 } };

/** All settings that each gateway supports, and its custom kinds for which the tests have no published schema. */
const gateways: Readonly<Record<string, { gateway: object; traffic: object; unknown?: number }>> = {
  traefik: { gateway: { ...routes, implementation: "traefik" }, traffic: { ...limits, ...redirect, ...mirror } },
  "envoy-gateway": {
    gateway: { ...routes, implementation: "envoy-gateway" },
    traffic: { ...limits, ...redirect, ...mirror, ...timeouts },
  },
  istio: { gateway: { ...routes, implementation: "istio" }, traffic: { ...redirect, ...mirror, ...timeouts } },
  kgateway: {
    gateway: { ...routes, implementation: "kgateway" },
    traffic: { ...limits, ...redirect, ...mirror, ...timeouts },
    unknown: 1,
  },
  "ingress-nginx": {
    gateway: { api: "Ingress", ingressClassName: "nginx", implementation: "ingress-nginx" },
    traffic: { ...limits, ...timeouts, mirror: { version: "3" }, tls: { redirect: true, secretName: "tls" } },
  },
};

describe("routes with all settings that their gateway supports, validated against the published schemas", function () {
  this.timeout(120_000);
  let folder: string;
  let schemas: string;
  before(async function () {
    // Builds kubeconform and downloads the schemas on first use.
    this.timeout(20 * 60_000);
    folder = await mkdtemp(path.join(tmpdir(), "gateways-"));
    schemas = await writeSchemas(await publishedDefinitions(), path.join(folder, "schemas"));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  for (const [name, { gateway, traffic, unknown = 0 }] of Object.entries(gateways)) {
    it(`are valid for ${name}`, async () => {
      const file = path.join(folder, `${name}.yaml`);
      const config = {
        environment: "test",
        canaryWeight: 25,
        images: { inference: "inference:1", trainer: "trainer:1" },
        namespace: { name: "ml" },
        storage: { models: { size: "1Gi" } },
        gateway,
        monitoring: { namespace: "monitoring", labels: { release: "prometheus" } },
        networkPolicies: { enabled: true },
        apiGateway: { routes: [{ path: "/predict", model: "a", version: "1" }], disruptionBudget: { minAvailable: 1 } },
        models: [
          {
            model: "a",
            versions: ["1", "2", "3"].map((version) => ({ version })),
            traffic: {
              stable: "1",
              canary: "2",
              canaryHeader: { name: "X-Model-Version", value: "v2" },
              hosts: ["ml.example.com"],
              ...traffic,
            },
          },
        ],
      };
      const values = Object.fromEntries(Object.entries(config).map(([key, value]) => [`ml-platform:${key}`, value]));
      await writeFile(file, stringify({ config: values }));
      const objects = await renderStack({ stack: name, configFiles: [file] });
      const own = objects.filter(({ object }) => object.kind === "TrafficPolicy");
      expect(own).to.have.length(unknown);
      const out = path.join(folder, name);
      await writeFiles(
        out,
        objects.filter((object) => !own.includes(object)),
      );
      const { wrong, summary } = await conform(schemas, { folder: out });
      expect(wrong).to.deep.equal([]);
      expect(summary).to.deep.include({ valid: objects.length - unknown, invalid: 0, errors: 0, skipped: 0 });
    });
  }
});
