import type { KubernetesObject, RenderedObject } from "../../render/rendered.ts";
import type { FieldChange, ObjectChange } from "./change.ts";
import { differences, isWithin, withoutSecrets } from "./fields.ts";

/** Fields that cannot be changed, so that the provider replaces the object. @see pulumi-kubernetes `provider/diff.go` */
const IMMUTABLE: Readonly<Record<string, readonly string[]>> = {
  ConfigMap: ["data", "binaryData"],
  Deployment: ["spec.selector"],
  DaemonSet: ["spec.selector"],
  Job: ["spec.template", "spec.completions", "spec.parallelism", "spec.selector"],
  PersistentVolumeClaim: ["spec.accessModes", "spec.selector", "spec.storageClassName", "spec.volumeName"],
  ResourceQuota: ["spec.scopes"],
  Secret: ["data", "stringData", "type"],
  Service: ["spec.clusterIP"],
};

/** The content hash at the end of a rendered object's name, if Pulumi would generate the name. */
const CONTENT_HASH = /-[0-9a-f]{8}$/;

/** Fields that keep their first value, even if the rendering changes. */
type SetOnce = Pick<RenderedObject, "ignoreChanges">["ignoreChanges"];

/**
 * The changes that an update would make, derived from the renderings only. Without the engine the state of the cluster
 * is unknown, so this
 * assumes a cluster that matches the base's rendering.
 */
export function compareRenderings(
  base: readonly KubernetesObject[],
  head: readonly RenderedObject[],
): readonly ObjectChange[] {
  const before = new Map(base.map((object) => [identity(object), object]));
  const after = new Map(head.map(({ object }) => [identity(object), object]));
  return [
    ...head.flatMap(({ object, ignoreChanges }) => {
      const old = before.get(identity(object));
      return old === undefined ? [change("create", undefined, object)] : changed(old, object, ignoreChanges);
    }),
    ...base.filter((object) => !after.has(identity(object))).map((object) => change("delete", object, undefined)),
  ];
}

/** Identifies an object by properties that do not depend on its content. */
function identity({ apiVersion, kind, metadata }: KubernetesObject): string {
  const group = apiVersion.includes("/") ? apiVersion.split("/")[0] : "";
  return `${group}/${kind}/${metadata.namespace ?? ""}/${programName(kind, metadata.name)}`;
}

function programName(kind: string, name: string): string {
  return kind === "ConfigMap" || kind === "Secret" || kind === "Job" ? name.replace(CONTENT_HASH, "") : name;
}

function changed(before: KubernetesObject, after: KubernetesObject, setOnce: SetOnce): ObjectChange[] {
  const fields = differences(withoutSecrets(before.kind, before), withoutSecrets(after.kind, after)).filter(
    ({ path }) => !setOnce.some((ignored) => isWithin(path, ignored)),
  );
  // A name with a hash of the content also shows changes in fields that are hidden.
  const renamed = before.metadata.name !== after.metadata.name && !setOnce.includes("spec");
  const own = fields.filter(({ path }) => path !== "metadata.name");
  const forcing = own.filter(({ path }) => IMMUTABLE[after.kind]?.some((immutable) => isWithin(path, immutable)));
  if (renamed || forcing.length > 0) return [change("replace", before, after, forcing)];
  return own.length === 0 ? [] : [change("update", before, after, own)];
}

function change(
  action: ObjectChange["action"],
  before: KubernetesObject | undefined,
  after: KubernetesObject | undefined,
  fields: readonly FieldChange[] = [],
): ObjectChange {
  const object = (after ?? before) as KubernetesObject;
  const { kind, metadata } = object;
  return {
    id: identity(object),
    action,
    kind,
    name: programName(kind, metadata.name),
    ...(before === undefined ? {} : { before: withoutSecrets(kind, before) }),
    ...(after === undefined ? {} : { after: withoutSecrets(kind, after) }),
    fields,
    deletedFirst: action === "replace" && before?.metadata.name === after?.metadata.name,
    protected: false,
    retained: false,
    pending: false,
  };
}
