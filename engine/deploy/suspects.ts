import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import type { Kubectl, LiveObject } from "../../cluster/kubectl.ts";
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

/** An object as the engine's state records it, and whether the program leaves its replicas to an autoscaler. */
interface Compared {
  readonly recorded: Recorded | undefined;
  readonly scaled: boolean;
}

/**
 * The stack's objects that may differ from the engine's state: changed since in more than their status and the replicas that
 * an autoscaler sets, deleted, or not comparable.
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
    const scaled = oldState.inputs?.spec?.["replicas"] === undefined;
    return [{ urn, scaled, recorded: Recorded.safeParse(oldState.outputs).data }];
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

function isSuspect({ recorded, scaled }: Compared, live: ReadonlyMap<string, LiveObject>): boolean {
  if (recorded === undefined) return true;
  const current = live.get(recorded.metadata.uid);
  if (current === undefined) return true;
  if (current.metadata.resourceVersion === recorded.metadata.resourceVersion) return false;
  return !isDeepStrictEqual(settled(current, scaled), settled(recorded, scaled));
}

/** What changes of the status and the number of replicas leave as it is, without the fields that the provider adds in the state. */
function settled({ metadata, ...fields }: { readonly metadata: object; readonly spec?: unknown }, scaled: boolean) {
  const own = Object.entries(fields).filter(([name]) => !name.startsWith("__") && name !== "status" && name !== "spec");
  return {
    ...Object.fromEntries(own),
    spec: scaled && isObject(fields.spec) ? { ...fields.spec, replicas: undefined } : fields.spec,
    // The generation counts changes of the spec, which is compared itself.
    metadata: { ...metadata, resourceVersion: undefined, generation: undefined, managedFields: undefined },
  };
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
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
