import { contentHash, type KubernetesObject, objectKey, type RenderedObject } from "./rendered.ts";

/** Longest name of an object that becomes a label or a host name. */
const MAX_NAME = 63;

/**
 * The objects as a controller applies them that knows only files: without the fields that another owner changes, such as the
 * replicas under an autoscaler, and with a name for each Job that follows its content. The API server rejects a changed Job
 * under its old name.
 */
export function forGitOps(objects: readonly RenderedObject[]): RenderedObject[] {
  const renamed = new Map<string, string>();
  const changed = objects.map((item) => {
    const { object, generatedName, ignoreChanges } = item;
    const named = object.kind === "Job" && generatedName !== true ? withContentName(object) : object;
    renamed.set(objectKey(object), objectKey(named));
    return { ...item, object: withoutFields(named, ignoreChanges) };
  });
  return changed.map((item) => ({ ...item, dependsOn: item.dependsOn.map((key) => renamed.get(key) ?? key) }));
}

function withContentName(job: KubernetesObject): KubernetesObject {
  const { completionMode, completions } = job["spec"] as { completionMode?: string; completions?: number };
  // The pods of an Indexed Job have its name and their number as their host name.
  const number = completionMode === "Indexed" ? `-${(completions ?? 1) - 1}`.length : 0;
  const suffix = `-${contentHash(job)}`;
  const stem = job.metadata.name.slice(0, MAX_NAME - suffix.length - number).replace(/-+$/, "");
  return { ...job, metadata: { ...job.metadata, name: `${stem}${suffix}` } };
}

/** An object without the fields at some paths, such as `spec.replicas`. A whole spec stays: an object is nothing without it. */
function withoutFields(object: KubernetesObject, paths: readonly string[]): KubernetesObject {
  return paths
    .map((path) => path.split("."))
    .filter((steps) => steps.length > 1)
    .reduce((value, steps) => withoutField(value, steps) as KubernetesObject, object);
}

function withoutField(value: unknown, [step = "", ...rest]: readonly string[]): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return value;
  const { [step]: child, ...others } = value as Readonly<Record<string, unknown>>;
  return rest.length === 0 ? others : { ...value, [step]: withoutField(child, rest) };
}
