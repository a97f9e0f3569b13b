import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect } from "chai";
import { stringify } from "yaml";
import { renderStack } from "../../../render/render.ts";
import type { KubernetesObject } from "../../../render/rendered.ts";
import { connects, OUTSIDE, type Pod, podsOf } from "./evaluate.ts";

/** A stack with one workload of every kind that sends or receives requests. */
const config = {
  environment: "test",
  images: { inference: "inference:1", trainer: "trainer:1" },
  namespace: { name: "ml" },
  storage: { models: { size: "1Gi" }, data: { size: "1Gi" }, init: { name: "storage-init" } },
  training: { jobs: [{ name: "train", task: "iris", model: "iris" }] },
  gateway: { api: "Ingress", ingressClassName: "nginx", implementation: "traefik" },
  networkPolicies: {
    enabled: true,
    gatewayNamespaceLabels: { name: "ingress-nginx" },
    servingNames: { "model-api": "model-api-netpol" },
  },
  monitoring: { namespace: "monitoring" },
  models: [
    {
      model: "model-api",
      versions: [{ version: "1", name: "model-api", container: { port: 5000 } }],
      traffic: { stable: "1" },
    },
    { model: "inner", versions: [{ version: "1", name: "inner" }] },
    { model: "fetched", versions: [{ version: "1", name: "fetched", source: "hf://owner/name" }] },
    {
      model: "stored",
      versions: [
        {
          version: "1",
          name: "stored",
          source: { url: "s3://bucket/m", environment: { AWS_ENDPOINT_URL: "http://minio.storage.svc:80" } },
        },
      ],
    },
    { model: "open", versions: [{ version: "1", name: "open", service: { type: "NodePort", nodePort: 30800 } }] },
  ],
  apiGateway: {
    routes: [{ path: "/predict", model: "inner", version: "1" }],
    service: { type: "NodePort", nodePort: 30080 },
  },
  loadTest: { model: "model-api" },
};

const pod = (name: string, namespace: string, labels: Readonly<Record<string, string>> = {}): Pod => ({
  name,
  namespace,
  labels,
  ports: {},
});
const dns = pod("coredns", "kube-system", { "k8s-app": "kube-dns" });
const ingress = pod("controller", "ingress-nginx");
const prometheus = pod("prometheus", "monitoring");
const stranger = pod("stranger", "default");
const neighbour = pod("neighbour", "ml", { app: "neighbour" });

describe("network policies, evaluated for the pods of a rendered stack", () => {
  let folder: string;
  let objects: KubernetesObject[];
  let pods: Readonly<Record<string, Pod>>;
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "network-"));
    const file = path.join(folder, "Pulumi.test.yaml");
    const values = Object.fromEntries(Object.entries(config).map(([key, value]) => [`ml-platform:${key}`, value]));
    await writeFile(file, stringify({ config: values }));
    const rendering = await renderStack({ stack: "test", configFiles: [file] });
    objects = rendering.map(({ object }) => object);
    pods = Object.fromEntries(podsOf(objects).map((each) => [each.name, each]));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const of = (name: string): Pod => {
    const found = pods[name];
    if (found === undefined) throw new Error(`no pod ${name} among ${Object.keys(pods).join(", ")}`);
    return found;
  };
  const open = (from: Pod | typeof OUTSIDE, to: Pod | typeof OUTSIDE, port: number) =>
    connects(objects, from, to, port, { "ingress-nginx": { name: "ingress-nginx" } });

  it("allow the gateway's namespace to reach a model with traffic, on its port only", () => {
    expect(open(ingress, of("model-api"), 5000)).to.equal(true);
    expect(open(ingress, of("model-api"), 9090)).to.equal(false);
    expect(open(ingress, of("inner"), 8080)).to.equal(false);
  });

  it("give a model's policy its fixed name, with the rule from the walkthrough", () => {
    const policy = objects.find(({ metadata }) => metadata.name === "model-api-netpol");
    const spec = policy?.spec as { podSelector: unknown; policyTypes: unknown; ingress: { from: unknown[] }[] };
    expect(spec.podSelector).to.deep.equal({ matchLabels: { app: "model-api" } });
    expect(spec.policyTypes).to.deep.equal(["Ingress"]);
    expect(spec.ingress[0]?.from[0]).to.deep.equal({
      namespaceSelector: { matchLabels: { name: "ingress-nginx" } },
    });
  });

  it("deny access to the models from other namespaces, other pods and outside the cluster", () => {
    for (const model of ["model-api", "inner"]) {
      for (const other of [stranger, neighbour, OUTSIDE] as const) {
        expect(open(other, of(model), model === "inner" ? 8080 : 5000), model).to.equal(false);
      }
    }
  });

  it("allow clients outside the cluster to reach a model with a NodePort Service", () => {
    expect(open(OUTSIDE, of("open"), 8080)).to.equal(true);
    expect(open(OUTSIDE, of("open"), 9090)).to.equal(false);
  });

  it("allow only Prometheus to read the metrics", () => {
    for (const model of ["model-api", "inner", "open"]) {
      expect(open(prometheus, of(model), 9090), model).to.equal(true);
      expect(open(stranger, of(model), 9090), model).to.equal(false);
    }
    expect(open(prometheus, of("inner"), 8080)).to.equal(false);
  });

  it("allow clients outside the cluster to reach the API gateway, and the API gateway to reach only its models", () => {
    expect(open(OUTSIDE, of("api-gateway"), 8080)).to.equal(true);
    expect(open(of("api-gateway"), of("inner"), 8080)).to.equal(true);
    expect(open(of("api-gateway"), of("model-api"), 5000)).to.equal(false);
    expect(open(of("api-gateway"), OUTSIDE, 443)).to.equal(false);
  });

  it("allow the load test to reach only the route, the models and the API gateway", () => {
    expect(open(of("load-test"), ingress, 80)).to.equal(true);
    expect(open(of("load-test"), of("model-api"), 5000)).to.equal(true);
    expect(open(of("load-test"), of("api-gateway"), 8080)).to.equal(true);
    expect(open(of("load-test"), stranger, 80)).to.equal(false);
    expect(open(of("load-test"), OUTSIDE, 443)).to.equal(false);
  });

  it("allow a model with a source to reach it, and nothing else", () => {
    const store = pod("minio", "storage");
    expect(open(of("fetched"), OUTSIDE, 443)).to.equal(true);
    expect(open(of("fetched"), OUTSIDE, 80)).to.equal(false);
    expect(open(of("stored"), store, 9000)).to.equal(true);
    expect(open(of("stored"), OUTSIDE, 443)).to.equal(false);
    expect(open(of("stored"), of("inner"), 8080)).to.equal(false);
    expect(open(of("inner"), OUTSIDE, 443)).to.equal(false);
    expect(open(of("inner"), store, 9000)).to.equal(false);
  });

  it("allow training and the init Job to reach only DNS", () => {
    for (const job of ["storage-init", "train"]) {
      expect(open(of(job), dns, 53), job).to.equal(true);
      for (const [other, port] of [
        [of("model-api"), 5000],
        [of("api-gateway"), 8080],
        [ingress, 80],
        [stranger, 80],
        [OUTSIDE, 443],
      ] as const) {
        expect(open(of(job), other, port), job).to.equal(false);
      }
      expect(open(neighbour, of(job), 80), job).to.equal(false);
    }
  });

  it("allow models to respond, and to reach only DNS", () => {
    expect(open(of("model-api"), dns, 53)).to.equal(true);
    expect(open(of("model-api"), OUTSIDE, 443)).to.equal(false);
    expect(open(of("model-api"), of("inner"), 8080)).to.equal(false);
  });

  it("allow everything if there are none, which shows that the evaluation can fail", () => {
    const without = objects.filter(({ kind }) => kind !== "NetworkPolicy");
    expect(connects(without, stranger, of("model-api"), 5000)).to.equal(true);
    expect(connects(without, of("train"), OUTSIDE, 443)).to.equal(true);
  });
});
