import { expect } from "chai";
import { problemsOf, type Settings } from "../support.ts";

const extra = (...extraObjects: Settings[]) => problemsOf({ extraObjects });

describe("extra objects", () => {
  const metadata = { name: "a" };

  it("may be of any kind, custom ones included", () => {
    expect(
      extra(
        { apiVersion: "v1", kind: "ConfigMap", metadata, data: { "a.properties": "b" } },
        { apiVersion: "keda.sh/v1alpha1", kind: "ScaledObject", metadata, spec: { anything: 1 } },
        { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a", namespace: "other" } },
      ),
    ).to.deep.equal([]);
  });

  it("have the fields of their kinds, which exist", () => {
    expect(
      extra(
        { apiVersion: "v1", kind: "ConfigMap", metadata, data: { a: 1 }, dat: {} },
        { apiVersion: "apps/v1", kind: "Deploymnt", metadata },
        { apiVersion: "v1", kind: "Secret", metadata, stringData: { a: "b" } },
        { apiVersion: "v1", kind: "Namespace", metadata: { name: "a", namespace: "b" } },
        { apiVersion: "v1", kind: "ServiceAccount", metadata },
        { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "a", namespace: "ml" } },
      ),
    ).to.deep.equal([
      'extraObjects[0].data.a: must be text; write it in quotes: "1"',
      "extraObjects[0].dat: unknown field; did you mean data?",
      'extraObjects[1].kind: there is no kind "Deploymnt" in apps/v1; there is ControllerRevision, DaemonSet, Deployment, ReplicaSet, StatefulSet',
      "extraObjects[2].kind: is not for extra objects, whose values anyone can read in the stack file; use secrets",
      "extraObjects[3].metadata.namespace: is not for a Namespace, which belongs to no namespace",
      'extraObjects[5].metadata.name: "ServiceAccount ml/a" is already given at extraObjects[4].metadata.name',
    ]);
    expect(extra({ apiVersion: "1", kind: "config" })).to.deep.equal([
      "extraObjects[0].apiVersion: must be an API version, such as v1 or keda.sh/v1alpha1",
      "extraObjects[0].kind: must be a kind, such as Deployment",
      "extraObjects[0].metadata: is missing (Invalid input: expected object, received undefined)",
    ]);
  });
});
