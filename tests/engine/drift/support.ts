import type { LiveObject } from "../../../cluster/kubectl.ts";
import { driftOf, type FieldDrift } from "../../../engine/drift/drift.ts";
import type { StackObject } from "../../../engine/drift/refresh.ts";
import type { KubernetesObject } from "../../../render/rendered.ts";

type Tree = Readonly<Record<string, unknown>>;

/** The managed fields of one writer, in the format of the API server. */
export function managed(manager: string, fieldsV1: Tree, more: { time?: string; subresource?: string } = {}) {
  const operation = manager.startsWith("pulumi") ? "Apply" : "Update";
  return { manager, operation, time: "2026-02-01T10:00:00Z", fieldsType: "FieldsV1", fieldsV1, ...more };
}

/** The managed fields of Pulumi. */
export const byPulumi = (fieldsV1: Tree) =>
  managed("pulumi-kubernetes-1a2b3c4d", fieldsV1, { time: "2026-01-01T10:00:00Z" });

/** An object of the stack. By default, the object in the cluster is the same as in the program, as right after a deployment. */
export function stackObject(program: KubernetesObject, more: Partial<StackObject> = {}): StackObject {
  const urn = `urn:pulumi:dev::ml-platform::kubernetes:x/v1:${program.kind}::${program.metadata.name}`;
  return { urn, program, recorded: program, ignored: [], deleted: false, changes: {}, ...more };
}

/** An object in the cluster, with its managed fields. */
export function live(object: KubernetesObject, ...managedFields: readonly object[]): LiveObject {
  return { ...object, metadata: { ...object.metadata, managedFields } } as LiveObject;
}

/** The drift of an object, which must exist. */
export function found(object: StackObject, cluster: LiveObject | undefined) {
  const drift = driftOf(object, cluster);
  if (drift === undefined) throw new Error("no drift");
  return drift;
}

/** The only drifted field of an object. */
export function onlyField(object: StackObject, cluster: LiveObject): FieldDrift {
  const { fields } = found(object, cluster);
  if (fields.length !== 1 || fields[0] === undefined) throw new Error(`not one field: ${JSON.stringify(fields)}`);
  return fields[0];
}

/** A Deployment in the program; the cluster adds a default to its container. */
export function deployment({ image = "models:1", labels = {}, resources = {}, replicas = 2, extra = {} } = {}) {
  const server = { name: "server", image, resources, ports: [{ containerPort: 8080 }] };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "iris", namespace: "ml", labels: { app: "iris", ...labels } },
    spec: { replicas, template: { spec: { containers: [server], ...extra } } },
  };
}

/** The managed fields of the container `server`. */
export const containerFields = (fields: object) => ({
  "f:spec": { "f:template": { "f:spec": { "f:containers": { 'k:{"name":"server"}': { ".": {}, ...fields } } } } },
});
/** The Deployment's fields that Pulumi manages. */
export const pulumis = byPulumi({
  "f:metadata": { "f:labels": { "f:app": {} } },
  ...containerFields({ "f:name": {}, "f:image": {}, "f:ports": { 'k:{"containerPort":8080,"protocol":"TCP"}': {} } }),
});
