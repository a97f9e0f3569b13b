/** A Kubernetes object as it is applied. */
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
  /** Paths that the program sets once and leaves alone from then on, such as `spec.replicas`. */
  readonly ignoreChanges: readonly string[];
}

/** `Deployment model-v1`, as messages name an object. */
export function describeObject({ kind, metadata }: Pick<KubernetesObject, "kind" | "metadata">): string {
  return `${kind} ${metadata.name}`;
}
