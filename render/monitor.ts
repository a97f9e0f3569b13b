import * as pulumi from "@pulumi/pulumi";
import type { MockMonitor } from "@pulumi/pulumi/runtime/mocks.js";
import { contentHash, type KubernetesObject, objectKey, type RenderedObject } from "./rendered.ts";

/** Kinds whose objects are replaced instead of updated, so that each content has its own name. */
const REPLACED_KINDS = new Set(["ConfigMap", "Job", "Secret"]);

/** The key under which Pulumi's wire format wraps values; a secret is `{[SIGNATURE]: <mark>, value}`. */
const SIGNATURE = "4dabf18193072939515e22adb298388d";

/**
 * Replaces Pulumi's engine with a monitor that records the Kubernetes objects that a program registers. Call it once in a
 * process, before the program is imported.
 *
 * @returns the objects, complete once `pulumi.runtime.disconnect()` has resolved
 */
export async function recordObjects(project: string, stack: string): Promise<readonly RenderedObject[]> {
  const objects: RenderedObject[] = [];
  const options = new Map<string, ResourceOptions>();
  const keys = new Map<string, string>();

  await pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs: wrapped }) => {
        const inputs = unwrap(wrapped) as Record<string, unknown>;
        if (type === "random:index/randomPassword:RandomPassword") {
          // Generated secrets never leave the engine.
          return { id: name, state: { ...inputs, result: "" } };
        }
        if (!type.startsWith("kubernetes:")) return { id: name, state: inputs };

        if (keys.has(`${type}::${name}`)) {
          throw new Error(
            `the program makes two ${type.split(":").at(-1)} objects "${name}"; give one of them another name`,
          );
        }
        const generatedName = Reflect.get(Object(inputs["metadata"]), "name") === undefined;
        const object = withName(inputs as unknown as KubernetesObject, name);
        const { ignoreChanges = [] } = options.get(`${type}::${name}`) ?? {};
        const dependsOn = dependencies(options, `${type}::${name}`).flatMap((resource) => keys.get(resource) ?? []);
        objects.push({
          object,
          ...(generatedName ? { generatedName } : {}),
          ignoreChanges,
          dependsOn: [...new Set(dependsOn)].toSorted(),
        });
        keys.set(`${type}::${name}`, objectKey(object));
        return { id: `${object.metadata.namespace ?? ""}/${object.metadata.name}`, state: { ...object } };
      },
      call: ({ token }) => {
        throw new Error(`the program calls ${token}, which only the Pulumi engine can answer`);
      },
    },
    project,
    stack,
  );

  // The monitor gets the options of a resource; the mocks do not.
  const monitor = pulumi.runtime.getMonitor() as unknown as MockMonitor;
  const register = monitor.registerResource.bind(monitor);
  monitor.registerResource = (request, callback) => {
    options.set(`${request.getType()}::${request.getName()}`, {
      ignoreChanges: request.getIgnorechangesList(),
      parent: typeAndName(request.getParent()),
      dependencies: request.getDependenciesList().map(typeAndName),
    });
    return register(request, callback);
  };
  return objects;
}

/** Options of a resource that are not among its properties. */
interface ResourceOptions {
  readonly ignoreChanges: readonly string[];
  /** The component it belongs to, as `<type>::<name>`. */
  readonly parent: string;
  /** What it depends on, as `<type>::<name>`. */
  readonly dependencies: readonly string[];
}

/** What a resource depends on, directly or through the components that it belongs to. */
function dependencies(options: ReadonlyMap<string, ResourceOptions>, resource: string): string[] {
  const own = options.get(resource);
  return own === undefined ? [] : [...own.dependencies, ...dependencies(options, own.parent)];
}

/** `<type>::<name>` of a URN, which is `urn:pulumi:<stack>::<project>::<types of its parents>$<type>::<name>`. */
function typeAndName(urn: string): string {
  const [types = "", name = ""] = urn.split("::").slice(2);
  return `${types.split("$").at(-1)}::${name}`;
}

/**
 * An object with the name that it gets in the cluster. If Pulumi would add a random suffix, this is the logical name
 * instead; for kinds whose objects are replaced, it ends with a hash of the content.
 */
function withName(object: KubernetesObject, logicalName: string): KubernetesObject {
  const name = object.metadata?.name ?? `${logicalName.toLowerCase()}${contentSuffix(object)}`;
  return { ...object, metadata: { ...object.metadata, name } };
}

function contentSuffix(object: KubernetesObject): string {
  return REPLACED_KINDS.has(object.kind) ? `-${contentHash(object)}` : "";
}

/** Unwraps secret values. */
function unwrap(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unwrap);
  if (typeof value !== "object" || value === null) return value;
  if (SIGNATURE in value && "value" in value) return unwrap(value.value);
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, unwrap(part)]));
}
