import { expect } from "chai";
import type { Kubectl, LiveObject } from "../../cluster/kubectl.ts";
import { suspects } from "../../engine/deploy/suspects.ts";
import type { PreviewStep } from "../../engine/pulumi/preview.ts";

const DEPLOYMENT: LiveObject = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: {
    name: "iris",
    namespace: "ml",
    uid: "1",
    resourceVersion: "10",
    generation: 1,
    labels: { app: "iris" },
    annotations: { "deployment.kubernetes.io/revision": "1" },
    ...{ managedFields: [{ manager: "pulumi" }] },
  },
  spec: { replicas: 2 },
  status: { readyReplicas: 1 },
};
const SECRET: LiveObject = {
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name: "key", namespace: "ml", uid: "2", resourceVersion: "11" },
  data: { key: "c2VjcmV0" },
};
const ROUTE: LiveObject = {
  apiVersion: "gateway.networking.k8s.io/v1",
  kind: "HTTPRoute",
  metadata: { name: "iris", namespace: "gateway", uid: "3", resourceVersion: "12" },
};
const NAMESPACE: LiveObject = {
  apiVersion: "v1",
  kind: "Namespace",
  metadata: { name: "ml", uid: "4", resourceVersion: "13" },
};
const ALL = [DEPLOYMENT, SECRET, ROUTE, NAMESPACE];

/** An unchanged object in a preview; the engine adds fields to its state, and hides secret values. */
const step = (object: LiveObject): PreviewStep => ({
  op: "same",
  urn: object.kind,
  oldState: {
    custom: true,
    type: `kubernetes:${object.apiVersion}:${object.kind}`,
    outputs: { ...object, ...(object.kind === "Secret" ? { data: "[secret]" } : {}), __initialApiVersion: "v1" },
  },
});

/** A cluster with these objects; keeps the calls. */
function clusterWith(objects: readonly LiveObject[]) {
  const calls: string[] = [];
  const get = async (args: readonly string[]) => {
    calls.push(args.join(" "));
    const namespace = args.find((arg) => arg.startsWith("--namespace="))?.slice("--namespace=".length);
    return objects.filter(({ metadata }) => metadata.namespace === namespace);
  };
  return { kubectl: { get } as unknown as Kubectl, calls };
}

/** The suspects after a change of the Deployment's metadata, which always has a new version, and of other fields. */
async function afterChange(metadata: object, fields: object = {}): Promise<string[] | undefined> {
  const changed = {
    ...DEPLOYMENT,
    ...fields,
    metadata: { ...DEPLOYMENT.metadata, resourceVersion: "20", ...metadata },
  };
  return suspects(clusterWith([changed, SECRET, ROUTE, NAMESPACE]).kubectl, ALL.map(step));
}

describe("the objects that up looks at", () => {
  it("are none if nothing has changed since, and each namespace is read once", async () => {
    const { kubectl, calls } = clusterWith(ALL);
    expect(await suspects(kubectl, ALL.map(step))).to.deep.equal([]);
    expect(calls.toSorted()).to.deep.equal([
      "Deployment.v1.apps,Secret.v1. --namespace=ml",
      "HTTPRoute.v1.gateway.networking.k8s.io --namespace=gateway",
      "Namespace.v1.",
    ]);
  });

  it("are none if only a status has changed, or who manages a field", async () => {
    expect(await afterChange({}, { status: { readyReplicas: 2 } })).to.deep.equal([]);
    expect(await afterChange({ managedFields: [{ manager: "kube-controller-manager" }] })).to.deep.equal([]);
    const annotations = { "deployment.kubernetes.io/revision": "2" };
    expect(await afterChange({ annotations, generation: 2 })).to.deep.equal([]);
  });

  it("are those with another spec, label or annotation, and those that are being deleted", async () => {
    for (const metadata of [
      { labels: { app: "iris", team: "a" } },
      { labels: {} },
      { annotations: { a: "b" } },
      { deletionTimestamp: "2026-01-01T00:00:00Z" },
    ]) {
      expect(await afterChange(metadata), JSON.stringify(metadata)).to.deep.equal(["Deployment"]);
    }
    expect(await afterChange({}, { spec: { replicas: 3 } })).to.deep.equal(["Deployment"]);
  });

  it("are no autoscaled Deployments with another number of replicas, unless something else has changed too", async () => {
    const template = { spec: { containers: [{ name: "server", image: "inference:1" }] } };
    const recorded = { ...DEPLOYMENT, spec: { replicas: 1, template } };
    const { oldState = { type: "" }, ...same } = step(recorded);
    const autoscaled = { ...same, oldState: { ...oldState, ignoreChanges: ["spec.replicas"] } };
    const scaledTo = (replicas: number, image: string) => {
      const containers = [{ name: "server", image }];
      const metadata = { ...recorded.metadata, generation: 2, resourceVersion: "20" };
      return clusterWith([{ ...recorded, metadata, spec: { replicas, template: { spec: { containers } } } }]).kubectl;
    };
    expect(await suspects(scaledTo(4, "inference:1"), [autoscaled])).to.deep.equal([]);
    expect(await suspects(scaledTo(4, "inference:2"), [autoscaled])).to.deep.equal(["Deployment"]);
    expect(await suspects(scaledTo(4, "inference:1"), [step(recorded)])).to.deep.equal(["Deployment"]);
  });

  it("are those with another value of a field that the program sets beside one that it ignores", async () => {
    const { oldState = { type: "" }, ...same } = step(DEPLOYMENT);
    const ignoring = (path: string) => ({ ...same, oldState: { ...oldState, ignoreChanges: [path] } });
    const labels = { app: "iris", "a.b/c": "d" };
    const changed = { ...DEPLOYMENT, metadata: { ...DEPLOYMENT.metadata, resourceVersion: "20", labels } };
    const { kubectl } = clusterWith([changed]);
    expect(await suspects(kubectl, [ignoring('metadata.labels["a.b/c"]')])).to.deep.equal([]);
    expect(await suspects(kubectl, [ignoring("metadata.labels")])).to.deep.equal([]);
    expect(await suspects(kubectl, [ignoring("metadata.labels.team")])).to.deep.equal(["Deployment"]);
  });

  it("are those that were deleted, or created again under their names", async () => {
    expect(await suspects(clusterWith([SECRET, ROUTE, NAMESPACE]).kubectl, ALL.map(step))).to.deep.equal([
      "Deployment",
    ]);
    expect(await afterChange({ uid: "5" })).to.deep.equal(["Deployment"]);
  });

  it("are those that cannot be compared: changed secrets, and states without a version", async () => {
    const changed = { ...SECRET, metadata: { ...SECRET.metadata, resourceVersion: "20" } };
    expect(await suspects(clusterWith([DEPLOYMENT, changed, ROUTE, NAMESPACE]).kubectl, ALL.map(step))).to.deep.equal([
      "Secret",
    ]);
    const { metadata: _metadata, ...unknown } = ROUTE;
    const incomplete = { ...step(ROUTE), oldState: { custom: true, type: "kubernetes:a/v1:B", outputs: unknown } };
    expect(await suspects(clusterWith(ALL).kubectl, [step(DEPLOYMENT), incomplete])).to.deep.equal(["HTTPRoute"]);
  });

  it("are not components, providers or objects that are still to be created", async () => {
    const others: PreviewStep[] = [
      { op: "same", urn: "component", oldState: { type: "ml:serving:Traffic" } },
      { op: "same", urn: "provider", oldState: { custom: true, type: "pulumi:providers:kubernetes" } },
      { op: "create", urn: "new", newState: { custom: true, type: "kubernetes:core/v1:Service" } },
    ];
    expect(await suspects(clusterWith(ALL).kubectl, others)).to.deep.equal([]);
  });

  it("are unknown if the cluster does not answer", async () => {
    const kubectl = {
      get: async () => {
        throw new Error("the server doesn't have a resource type");
      },
    } as unknown as Kubectl;
    expect(await suspects(kubectl, ALL.map(step))).to.equal(undefined);
  });
});
