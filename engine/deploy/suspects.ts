import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import type { Kubectl, LiveObject } from "../../cluster/kubectl.ts";
import { type FieldPath, isFields, parsePath } from "../drift/path.ts";
import type { PreviewStep } from "../pulumi/preview.ts";

const Recorded = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({
    name: z.string(),
    namespace: z.string().optional(),
    uid: z.string(),
    resourceVersion: z.string(),
  }),
});

/** An object as the engine's state records it. */
type Recorded = z.infer<typeof Recorded>;

/** An object as the engine's state records it, and the fields that the program leaves to others, such as an autoscaler's. */
interface Compared {
  readonly recorded: Recorded | undefined;
  readonly ignored: readonly FieldPath[];
}

/**
 * The stack's objects that may differ from the engine's state: changed since in more than their status and the fields
 * that the program leaves to others, deleted, or not comparable.
 *
 * The engine's refresh finds out how they differ, but for each Deployment and Service it also reads all pods of the
 * namespace, which takes time quadratic in the number of models: of a hundred models, two minutes. This takes one call of
 * kubectl for each namespace.
 *
 * @param steps of a preview with `--show-sames`
 * @returns their URNs; undefined if the cluster cannot be asked this way
 */
export async function suspects(kubectl: Kubectl, steps: readonly PreviewStep[]): Promise<string[] | undefined> {
  const objects = steps.flatMap(({ urn, oldState }) => {
    if (oldState?.custom !== true || !oldState.type.startsWith("kubernetes:")) return [];
    const ignored = (oldState.ignoreChanges ?? []).map(parsePath);
    return [{ urn, ignored, recorded: Recorded.safeParse(oldState.outputs).data }];
  });
  try {
    const live = await liveObjects(
      kubectl,
      objects.flatMap(({ recorded }) => recorded ?? []),
    );
    return objects.filter((object) => isSuspect(object, live)).map(({ urn }) => urn);
  } catch {
    return undefined;
  }
}

function isSuspect({ recorded, ignored }: Compared, live: ReadonlyMap<string, LiveObject>): boolean {
  if (recorded === undefined) return true;
  const current = live.get(recorded.metadata.uid);
  if (current === undefined) return true;
  if (current.metadata.resourceVersion === recorded.metadata.resourceVersion) return false;
  return !isDeepStrictEqual(settled(current, ignored), settled(recorded, ignored));
}

const UNCOMPARED: readonly FieldPath[] = [
  ["status"],
  ["metadata", "resourceVersion"],
  ["metadata", "managedFields"],
  // These count changes of the spec, which is compared itself. The controller writes the second one a moment after `up`.
  ["metadata", "generation"],
  ["metadata", "annotations", "deployment.kubernetes.io/revision"],
];

/** What does not change with the status and with ignored fields, without the fields that the provider adds in the state. */
function settled(object: object, ignored: readonly FieldPath[]): unknown {
  const own = Object.entries(object).filter(([name]) => !name.startsWith("__"));
  return [...UNCOMPARED, ...ignored].reduce<unknown>(without, Object.fromEntries(own));
}

/** A value without the field at a path. Items of lists stay. */
function without(value: unknown, [name, ...rest]: FieldPath): unknown {
  if (typeof name !== "string" || !isFields(value) || !(name in value)) return value;
  const { [name]: field, ...others } = value;
  return rest.length === 0 ? others : { ...others, [name]: without(field, rest) };
}

/** The objects of the same kinds and namespaces, by their uid. */
async function liveObjects(kubectl: Kubectl, recorded: readonly Recorded[]): Promise<ReadonlyMap<string, LiveObject>> {
  const byNamespace = Map.groupBy(recorded, ({ metadata }) => metadata.namespace);
  const lists = [...byNamespace].map(([namespace, objects]) => {
    const kinds = new Set(objects.map(resourceOf)).values().toArray().join(",");
    return kubectl.get([kinds, ...(namespace === undefined ? [] : [`--namespace=${namespace}`])]);
  });
  const objects = (await Promise.all(lists)).flat();
  return new Map(
    objects.flatMap((object) => (object.metadata.uid === undefined ? [] : [[object.metadata.uid, object]])),
  );
}

/** The kind as kubectl reads it without mistaking one API group for another, such as `Deployment.v1.apps`. */
function resourceOf({ apiVersion, kind }: Recorded): string {
  const [version, group = ""] = apiVersion.split("/").toReversed();
  return `${kind}.${version}.${group}`;
}
