import { type ResolvedStack, validateConfig } from "../../config/index.ts";
import type { KubernetesObject, RenderedObject } from "../../render/rendered.ts";
import type { Fields } from "../../review/objects/change.ts";
import { compareRenderings } from "../../review/objects/manifests.ts";
import type { Review } from "../../review/sides/review.ts";
import { type Settings, stackWith } from "../config/support.ts";

/** The smallest valid stack, with the given settings in the place of its own. */
export function stack(settings: Settings): ResolvedStack {
  return validateConfig(stackWith(settings), "test");
}

/** One step of the engine's preview of a Kubernetes object, as `pulumi preview --json` writes it. */
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

/** A review by the manifests alone, of stack files that nothing is wrong with. */
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
