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

/** An object of the stack, from the engine's state and its refresh. */
export interface StackObject {
  readonly urn: string;
  /** The program's values at the last deployment, with `[secret]` for secret values. */
  readonly program: KubernetesObject;
  /** The object in the cluster after that. */
  readonly recorded: Readonly<Record<string, unknown>>;
  /** Paths that the program ignores after the creation. */
  readonly ignored: readonly string[];
  /** Whether it no longer exists in the cluster. */
  readonly deleted: boolean;
  /** Paths that an update would change, with the kind of change, such as `update` or `update-replace`. */
  readonly changes: Readonly<Record<string, { readonly kind: string }>>;
}

/**
 * Reads the output of `pulumi refresh --preview-only --json`.
 *
 * @returns the stack's Kubernetes objects, without components and providers
 * @see pulumi/pkg `backend/display/json.go`: a refresh is shown as the resulting `update` or `delete`
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
