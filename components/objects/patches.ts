import type * as pulumi from "@pulumi/pulumi";
import { kindOf } from "../kubernetes/api/api.ts";
import { isObject, mergePatch } from "../kubernetes/api/merge.ts";
import { type ApiProblem, patchProblems } from "../kubernetes/api/problems.ts";

/** A change of one of the objects that a program creates. */
export interface ObjectPatch {
  readonly target: {
    readonly kind: string;
    /** Fixed name of the object, or its name in `npm run render` without the hash at the end. */
    readonly name: string;
    /** @default any namespace */
    readonly namespace?: string;
  };
  /**
   * A piece of the object, merged over it: by Kubernetes' rules for strategic merge patches, and for custom kinds as a JSON merge
   * patch. `null` takes a field away.
   */
  readonly patch: Readonly<Record<string, unknown>>;
}

type Fields = Readonly<Record<string, unknown>>;

interface Target {
  readonly kind: string;
  readonly names: readonly string[];
  readonly namespace: unknown;
}

/**
 * Changes objects while they are created, under the engine and in a rendering alike. Pass {@link transformation} to every component
 * whose objects may be changed, and call {@link finish} after the last one.
 */
export class Patches {
  private readonly patches: readonly ObjectPatch[];
  private readonly applied = new Set<number>();
  private readonly seen: Target[] = [];
  private readonly problems: ApiProblem[] = [];

  constructor(patches: readonly ObjectPatch[]) {
    this.patches = patches;
  }

  /** An option of components, `transformations`: it applies to all of their objects. */
  readonly transformation: pulumi.ResourceTransformation = ({ type, name, props, opts }) => {
    if (!type.startsWith("kubernetes:") || typeof props["kind"] !== "string") return undefined;
    const target = targetOf(props, name);
    this.seen.push(target);
    let patched: Fields = props;
    for (const [index, patch] of this.patches.entries()) {
      if (!matches(patch.target, target)) continue;
      this.applied.add(index);
      const path = `patches[${index}].patch`;
      const found = [...problemsOf(patch.patch, patched, path), ...ignored(patch.patch, opts, path)];
      this.problems.push(...found);
      if (found.length > 0) continue;
      patched = mergePatch(patched, patch.patch, typeOf(props)) as Fields;
      this.problems.push(...selectorProblems(patched, path));
    }
    return patched === props ? undefined : { props: patched, opts };
  };

  /** What is wrong with the patches: fields that the API does not know, targets that do not exist. */
  finish(): ApiProblem[] {
    const missing = this.patches.flatMap(({ target }, index) =>
      this.applied.has(index) ? [] : [{ path: `patches[${index}].target`, message: this.missing(target) }],
    );
    return [...this.problems, ...missing];
  }

  private missing({ kind, name, namespace }: ObjectPatch["target"]): string {
    const ofKind = this.seen.filter((target) => target.kind === kind);
    const place = namespace === undefined ? "" : ` in namespace "${namespace}"`;
    if (ofKind.length > 0) {
      const known = ofKind.map(({ names }) => names[0]).toSorted();
      return `the stack has no ${kind} "${name}"${place}; it has ${known.map((one) => `"${one}"`).join(", ")}`;
    }
    const kinds = [...new Set(this.seen.map((target) => target.kind))].toSorted();
    return `the stack has no object of kind "${kind}"; it has ${kinds.join(", ")}`;
  }
}

function targetOf(props: Fields, logicalName: string): Target {
  const metadata = isObject(props["metadata"]) ? props["metadata"] : {};
  const name = metadata["name"];
  return {
    kind: String(props["kind"]),
    names: typeof name === "string" ? [name, logicalName] : [logicalName.toLowerCase(), logicalName],
    namespace: metadata["namespace"],
  };
}

function matches({ kind, name, namespace }: ObjectPatch["target"], target: Target): boolean {
  // The namespace of the stack's own objects may be known only later.
  const elsewhere = namespace !== undefined && typeof target.namespace === "string" && target.namespace !== namespace;
  return kind === target.kind && target.names.includes(name) && !elsewhere;
}

function typeOf(props: Fields) {
  return kindOf(String(props["apiVersion"]), String(props["kind"]))?.type;
}

const IDENTITY = ["apiVersion", "kind"];

function problemsOf(patch: Fields, base: Fields, path: string): ApiProblem[] {
  const type = typeOf(base);
  const metadata = isObject(patch["metadata"]) ? patch["metadata"] : {};
  return [
    ...IDENTITY.filter((field) => patch[field] !== undefined && patch[field] !== base[field]).map((field) => ({
      path: `${path}.${field}`,
      message: "says which object it is; it cannot be changed",
    })),
    ...["name", "namespace"]
      .filter((field) => metadata[field] !== undefined)
      .map((field) => ({
        path: `${path}.metadata.${field}`,
        message: "says which object it is; it cannot be changed",
      })),
    ...(type === undefined ? [] : patchProblems(patch, base, type, path)),
  ];
}

/** Fields that others own once the object exists. */
function ignored(patch: Fields, opts: pulumi.ResourceOptions, path: string): ApiProblem[] {
  const spec = isObject(patch["spec"]) ? patch["spec"] : {};
  const { ignoreChanges = [] } = opts as pulumi.CustomResourceOptions;
  if (spec["replicas"] === undefined || !ignoreChanges.includes("spec.replicas")) return [];
  return [{ path: `${path}.spec.replicas`, message: "is decided by the autoscaler; change its bounds" }];
}

/** A workload selects its own pods, or the API server refuses it. */
function selectorProblems(object: Fields, path: string): ApiProblem[] {
  const at = (value: unknown, ...keys: readonly string[]): unknown =>
    keys.reduce<unknown>((part, key) => (isObject(part) ? part[key] : undefined), value);
  const wanted = at(object, "spec", "selector", "matchLabels");
  const labels = at(object, "spec", "template", "metadata", "labels");
  if (!isObject(wanted) || !isObject(labels)) return [];
  return Object.entries(wanted)
    .filter(([label, value]) => labels[label] !== value)
    .map(([label]) => ({
      path: `${path}.spec`,
      message: `leaves pods that the selector does not select: label "${label}" differs`,
    }));
}
