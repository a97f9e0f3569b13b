import { type ResolvedStack, validateConfig } from "../../config/index.ts";
import type { KubernetesObject, RenderedObject } from "../../render/rendered.ts";
import type { Fields } from "../../review/objects/change.ts";
import { compareRenderings } from "../../review/objects/manifests.ts";
import type { Review } from "../../review/sides/review.ts";
import { type Settings, stackWith } from "../config/support.ts";

/** A minimal valid stack, with some settings replaced. */
export function stack(settings: Settings): ResolvedStack {
  return validateConfig(stackWith(settings), "test");
}

/** A step for a Kubernetes object, in the format of `pulumi preview --json`. */
export function step(op: string, type: string, name: string, more: Fields = {}): Fields {
  const state = (inputs: unknown) => (inputs === undefined ? {} : { type: `kubernetes:${type}`, custom: true, inputs });
  const { old, now, protect, ...rest } = more;
  return {
    op,
    urn: `urn:pulumi:dev::ml-platform::ml:platform:Part$kubernetes:${type}::${name}`,
    ...(old === undefined ? {} : { oldState: { ...state(old), ...(protect === undefined ? {} : { protect }) } }),
    ...(now === undefined ? {} : { newState: state(now) }),
    detailedDiff: null,
    ...rest,
  };
}

export function previewOf(...steps: readonly Fields[]): string {
  return JSON.stringify({ steps, duration: 1, changeSummary: {} });
}

export function object(kind: string, name: string, fields: Fields = {}): KubernetesObject {
  return { apiVersion: "v1", kind, metadata: { name, namespace: "ml" }, ...fields };
}

export function rendered(objects: readonly KubernetesObject[]): RenderedObject[] {
  return objects.map((one) => ({ object: one, ignoreChanges: [], dependsOn: [] }));
}

/** A review based only on manifests, of valid stack files. */
export function reviewOf(
  base: readonly KubernetesObject[],
  head: readonly KubernetesObject[],
  more: Partial<Review> = {},
): Review {
  const file = { config: stack({}), problems: [], missing: false };
  return {
    stack: "dev",
    stackFiles: { base: file, head: file },
    rendered: { base: { objects: base }, head: { objects: rendered(head) } },
    byPreview: more.preview !== undefined,
    changes: compareRenderings(base, rendered(head)),
    settled: [],
    violations: [],
    manifestDiff: [],
    ...more,
  };
}
