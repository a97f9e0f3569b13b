import { createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import type { MockMonitor } from "@pulumi/pulumi/runtime/mocks.js";
import { type KubernetesObject, objectKey, type RenderedObject } from "./rendered.ts";

/** Kinds that are never changed once made: a changed one is a new object, and so has a name of its own. */
const REPLACED_KINDS = new Set(["ConfigMap", "Job", "Secret"]);

/** The key under which Pulumi's wire format wraps values; a secret is `{[SIGNATURE]: <mark>, value}`. */
const SIGNATURE = "4dabf18193072939515e22adb298388d";

/**
 * Puts a monitor in the place of Pulumi's engine that records the Kubernetes objects a program registers.
 * One a process, before the program is imported.
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
          // No generated secret leaves the engine.
          return { id: name, state: { ...inputs, result: "" } };
        }
        if (!type.startsWith("kubernetes:")) return { id: name, state: inputs };

        const object = withName(inputs as unknown as KubernetesObject, name);
        const { ignoreChanges = [] } = options.get(`${type}::${name}`) ?? {};
        const dependsOn = dependencies(options, `${type}::${name}`).flatMap((resource) => keys.get(resource) ?? []);
        objects.push({ object, ignoreChanges, dependsOn: [...new Set(dependsOn)].toSorted() });
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

  // The mocks are not told the options of a resource, but the monitor is.
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

/** Options of a resource that its own properties do not show. */
interface ResourceOptions {
  readonly ignoreChanges: readonly string[];
  /** The component it belongs to, as `<type>::<name>`. */
  readonly parent: string;
  /** What it depends on, as `<type>::<name>`. */
  readonly dependencies: readonly string[];
}

/** What a resource depends on by itself, and through the components it belongs to: they wait, and it waits for them. */
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
 * An object with the name it gets in the cluster. Where Pulumi would add a random suffix, this is the logical name,
 * and for the kinds that are replaced when they change, a hash of the content as well.
 */
function withName(object: KubernetesObject, logicalName: string): KubernetesObject {
  const name = object.metadata?.name ?? `${logicalName.toLowerCase()}${contentSuffix(object)}`;
  return { ...object, metadata: { ...object.metadata, name } };
}

function contentSuffix(object: KubernetesObject): string {
  if (!REPLACED_KINDS.has(object.kind)) return "";
  return `-${createHash("sha256").update(canonicalJson(object)).digest("hex").slice(0, 8)}`;
}

/** JSON with sorted keys: equal for equal content. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

/** Takes secret values out of their wrapping. */
function unwrap(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unwrap);
  if (typeof value !== "object" || value === null) return value;
  if (SIGNATURE in value && "value" in value) return unwrap(value.value);
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, unwrap(part)]));
}
