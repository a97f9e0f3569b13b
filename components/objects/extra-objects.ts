import * as pulumi from "@pulumi/pulumi";
import { kindOf } from "../kubernetes/api/api.ts";
import { objectMeta } from "../kubernetes/names.ts";

/** An object as it is applied, of any kind. */
export interface ExtraObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    /**
     * Of an object of a custom kind that belongs to no namespace: `""`.
     *
     * @default that of the stack
     */
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly [field: string]: unknown;
}

export interface ExtraObjectsArgs {
  /** Namespace of the objects that name none. */
  readonly namespace: pulumi.Input<string>;
  readonly objects: readonly ExtraObject[];
}

/** Objects of any kind, for what no other component creates. */
export class ExtraObjects extends pulumi.ComponentResource {
  constructor(name: string, args: ExtraObjectsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ml:platform:ExtraObjects", name, {}, opts);
    for (const object of args.objects) {
      const { apiVersion, kind, metadata } = object;
      const place = metadata.namespace === undefined ? "" : `${metadata.namespace}-`;
      new KubernetesResource(
        resourceType(apiVersion, kind),
        `${name}-${kind.toLowerCase()}-${place}${metadata.name}`,
        { ...object, metadata: metadataOf(object, args.namespace) },
        { parent: this },
      );
    }
    this.registerOutputs();
  }
}

/** A resource of the Kubernetes provider whose kind is known only at run time. */
class KubernetesResource extends pulumi.CustomResource {}

/** The provider's name of a kind. */
function resourceType(apiVersion: string, kind: string): string {
  return `kubernetes:${apiVersion.includes("/") ? apiVersion : `core/${apiVersion}`}:${kind}`;
}

function metadataOf({ apiVersion, kind, metadata }: ExtraObject, stack: pulumi.Input<string>) {
  const { namespace, ...rest } = metadata;
  const everywhere = namespace === "" || kindOf(apiVersion, kind)?.namespaced === false;
  return {
    ...rest,
    ...objectMeta({ ...metadata, namespace: everywhere ? undefined : (namespace ?? stack) }),
  };
}
