import { z } from "zod";
import type { KubernetesObject } from "../../render/rendered.ts";

const Fields = z.record(z.string(), z.unknown());
const State = z.looseObject({
  type: z.string(),
  custom: z.boolean().optional(),
  delete: z.boolean().optional(),
  inputs: Fields.default({}),
  outputs: Fields.default({}),
  ignoreChanges: z.array(z.string()).nullish(),
});
const Digest = z.looseObject({
  steps: z
    .array(
      z.looseObject({
        op: z.string(),
        urn: z.string(),
        oldState: State.nullish(),
        detailedDiff: z.record(z.string(), z.looseObject({ kind: z.string() })).nullish(),
      }),
    )
    .nullish(),
});

const Named = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string(), namespace: z.string().optional() }),
});

/** An object of the stack as the engine's state and its look at the cluster have it. */
export interface StackObject {
  readonly urn: string;
  /** What the program says, as it was last deployed; `[secret]` stands for what is secret. */
  readonly program: KubernetesObject;
  /** The object as the cluster had it after that. */
  readonly recorded: Readonly<Record<string, unknown>>;
  /** Paths that the program leaves to others. */
  readonly ignored: readonly string[];
  /** Whether the cluster does not have it any more. */
  readonly deleted: boolean;
  /** Paths that an update would change, and how, such as `update` or `update-replace`. */
  readonly changes: Readonly<Record<string, { readonly kind: string }>>;
}

/**
 * Reads what `pulumi refresh --preview-only --json` printed.
 *
 * @returns the stack's Kubernetes objects; components, providers and what is no object of the cluster are left out
 * @see pulumi/pkg `backend/display/json.go`: a refresh becomes the `update` or `delete` that it comes to
 */
export function readRefresh(text: string): StackObject[] {
  return (Digest.parse(JSON.parse(text)).steps ?? []).flatMap(({ op, urn, oldState, detailedDiff }) => {
    if (!oldState?.type.startsWith("kubernetes:") || oldState.custom !== true || oldState.delete === true) return [];
    const named = Named.safeParse(oldState.inputs);
    if (!named.success) return [];
    return [
      {
        urn,
        program: named.data as KubernetesObject,
        recorded: oldState.outputs,
        ignored: oldState.ignoreChanges ?? [],
        deleted: op === "delete",
        changes: detailedDiff ?? {},
      },
    ];
  });
}
