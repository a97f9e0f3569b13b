import { expect } from "chai";
import { Traffic, type TrafficArgs } from "../../../components/index.ts";
import { record } from "../recorder.ts";

const args: TrafficArgs = {
  namespace: "ml",
  name: "model-production",
  canaryName: "model-canary",
  gateway: { api: "Ingress", ingressClassName: "nginx", implementation: "traefik" },
  hosts: ["ml-model.example.com"],
  stable: { service: "model-v1-service", port: 80 },
  canary: { service: "model-v2-service", port: 80 },
  canaryWeight: 25,
};

// biome-ignore lint/suspicious/noExplicitAny: manifests are read here as a person would read the YAML
type Manifest = any;

/** The Ingresses by name, and their ingress-nginx annotations without the prefix. */
async function ingresses(some: Partial<TrafficArgs>, name: string): Promise<Record<string, Manifest>> {
  const made = await record(() => new Traffic(name, { ...args, ...some }));
  const found = made.filter(({ type }) => type.endsWith(":Ingress")).map(({ inputs }): Manifest => inputs);
  return Object.fromEntries(
    found.map(({ metadata, spec }) => {
      const nginx = Object.entries<string>(metadata.annotations)
        .filter(([key]) => key.startsWith("nginx.ingress.kubernetes.io/"))
        .map(([key, value]) => [key.slice("nginx.ingress.kubernetes.io/".length), value]);
      return [metadata.name, { nginx: Object.fromEntries(nginx), spec, annotations: metadata.annotations }];
    }),
  );
}

describe("Traffic as Ingress", () => {
  it("keeps weight and header in one canary, beside the Ingress of the stable version", async () => {
    const canaryHeader = { name: "X-Model-Version", value: "v2" };
    const { "model-production": stable, "model-canary": canary } = await ingresses({ canaryHeader }, "i-both");
    expect(canary?.nginx).to.deep.equal({
      canary: "true",
      "canary-weight": "25",
      "canary-by-header": "X-Model-Version",
      "canary-by-header-value": "v2",
    });
    expect(stable?.nginx).to.not.have.any.keys("canary", "canary-weight");
    const backend = (ingress: Manifest) => ingress.spec.rules[0].http.paths[0].backend.service;
    expect(backend(stable)).to.deep.equal({ name: "model-v1-service", port: { number: 80 } });
    expect(backend(canary)).to.deep.equal({ name: "model-v2-service", port: { number: 80 } });
    expect(canary?.spec.rules[0].host).to.equal("ml-model.example.com");
    expect(canary?.spec.ingressClassName).to.equal("nginx");
  });

  it("changes a weight by one annotation of the canary, from 0 to 100", async () => {
    const before = await ingresses({}, "i-flip-25");
    for (const weight of [0, 10, 50, 100]) {
      const after = await ingresses({ canaryWeight: weight }, `i-flip-${weight}`);
      expect(after["model-production"]).to.deep.equal(before["model-production"]);
      expect(after["model-canary"]?.nginx["canary-weight"]).to.equal(String(weight));
      expect(after["model-canary"]?.spec).to.deep.equal(before["model-canary"]?.spec);
    }
  });

  it("retries on another pod by default, with a buffered body, unless retries are turned off", async () => {
    const { "model-production": stable } = await ingresses({}, "i-retry");
    expect(stable?.nginx).to.include({
      "proxy-next-upstream": "error timeout http_502 non_idempotent",
      "proxy-next-upstream-tries": "8",
      "proxy-request-buffering": "on",
    });
    const { "model-production": once } = await ingresses({ retries: false }, "i-once");
    expect(once?.nginx).to.deep.equal({ "proxy-next-upstream": "off" });
  });

  it("limits rate, body and time by annotations of the stable version's Ingress", async () => {
    const limits = { rateLimit: { requestsPerSecond: 100 }, bodyLimit: "10Mi", timeoutSeconds: 30 };
    const { "model-production": stable } = await ingresses(limits, "i-limits");
    expect(stable?.nginx).to.include({
      "limit-rps": "100",
      "limit-burst-multiplier": "5",
      "proxy-body-size": "10m",
      "proxy-request-buffering": "on",
      "proxy-connect-timeout": "30",
      "proxy-send-timeout": "30",
      "proxy-read-timeout": "30",
      "proxy-next-upstream-timeout": "30",
    });
  });

  it("redirects to HTTPS if requested, whether the certificate is its own or of a proxy in front", async () => {
    const own = await ingresses({ tls: { redirect: true, secretName: "ml-tls" } }, "i-tls");
    expect(own["model-production"]?.nginx).to.include({ "ssl-redirect": "true" });
    expect(own["model-production"]?.spec.tls).to.deep.equal([
      { secretName: "ml-tls", hosts: ["ml-model.example.com"] },
    ]);
    const off = await ingresses({ tls: { redirect: false, secretName: "ml-tls" } }, "i-tls-off");
    expect(off["model-production"]?.nginx).to.include({ "ssl-redirect": "false" });
    const inFront = await ingresses({ tls: { redirect: true } }, "i-tls-front");
    expect(inFront["model-production"]?.nginx).to.include({ "force-ssl-redirect": "true" });
  });

  it("removes a path prefix, on both Ingresses alike", async () => {
    const cut = await ingresses({ path: "/v1.0" }, "i-path");
    for (const ingress of Object.values(cut)) {
      const [path] = ingress.spec.rules[0].http.paths;
      expect(path).to.include({ path: "/v1\\.0(/|$)(.*)", pathType: "ImplementationSpecific" });
      expect(ingress.nginx).to.include({ "use-regex": "true", "rewrite-target": "/$2" });
    }
  });

  it("mirrors requests with ingress-nginx's annotation", async () => {
    const gateway = { ...args.gateway, implementation: "ingress-nginx" } as TrafficArgs["gateway"];
    const mirror = { backend: { service: "model-v3-service", port: 80 } };
    const { "model-production": stable } = await ingresses({ gateway, mirror }, "i-mirror");
    expect(stable?.nginx).to.include({
      "mirror-target": "http://model-v3-service.ml.svc.cluster.local:80$request_uri",
    });
  });

  it("does not wait for an address, which many controllers never report", async () => {
    const both = await ingresses({}, "i-await");
    for (const { annotations } of Object.values(both)) expect(annotations["pulumi.com/skipAwait"]).to.equal("true");
  });
});
