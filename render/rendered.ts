import { createHash } from "node:crypto";

/** A Kubernetes object in the form in which it is applied. */
export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly [field: string]: unknown;
}

/** An object that the program registered. */
export interface RenderedObject {
  readonly object: KubernetesObject;
  /** Whether Pulumi would name it: the program sets no name. @default false */
  readonly generatedName?: boolean;
  /** Paths that the program sets only on creation, such as `spec.replicas`. */
  readonly ignoreChanges: readonly string[];
  /** Keys of the objects that have to be ready before this one is created. */
  readonly dependsOn: readonly string[];
}

/** The name of an object in messages: `Deployment model-v1`. */
export function describeObject({ kind, metadata }: Pick<KubernetesObject, "kind" | "metadata">): string {
  return `${kind} ${metadata.name}`;
}

/** Identifies an object, independent of its API version. */
export function objectKey({ apiVersion, kind, metadata }: KubernetesObject): string {
  const group = apiVersion.includes("/") ? apiVersion.split("/")[0] : "";
  return `${group}/${kind}/${metadata.namespace ?? ""}/${metadata.name}`;
}

/** The objects that another one before them has the kind, the name and the namespace of. */
export function duplicateObjects(objects: readonly RenderedObject[]): RenderedObject[] {
  const seen = new Set<string>();
  return objects.filter(({ object }) => {
    const key = objectKey(object);
    const twice = seen.has(key);
    seen.add(key);
    return twice;
  });
}

/** A short hash of an object's content, the same for equal content whatever its order. */
export function contentHash(object: unknown): string {
  return createHash("sha256").update(canonicalJson(object)).digest("hex").slice(0, 8);
}

/** JSON with sorted keys: equal for equal content. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
