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
