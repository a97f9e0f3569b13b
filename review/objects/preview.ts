import { z } from "zod";
import { kindOfType, nameOf } from "../../engine/pulumi/preview.ts";
import type { FieldChange, Fields, ObjectChange } from "./change.ts";
import { differences, isWithin, valueAt, withoutSecrets } from "./fields.ts";

const State = z.looseObject({
  type: z.string(),
  custom: z.boolean().optional(),
  protect: z.boolean().optional(),
  retainOnDelete: z.boolean().optional(),
  inputs: z.record(z.string(), z.unknown()).default({}),
});
type State = z.infer<typeof State>;

const Step = z.looseObject({
  op: z.string(),
  urn: z.string(),
  oldState: State.nullish(),
  newState: State.nullish(),
  diffReasons: z.array(z.string()).nullish(),
  replaceReasons: z.array(z.string()).nullish(),
  detailedDiff: z.record(z.string(), z.looseObject({ kind: z.string() })).nullish(),
});
type Step = z.infer<typeof Step>;

const Digest = z.looseObject({
  steps: z.array(Step).nullish(),
  diagnostics: z
    .array(z.looseObject({ urn: z.string().optional(), message: z.string(), severity: z.string().optional() }))
    .nullish(),
});

/** The changes that the engine would make, read from `pulumi preview --json`. */
export interface Preview {
  readonly changes: readonly ObjectChange[];
  /** The engine's errors; if there are any, `changes` is incomplete. */
  readonly errors: readonly string[];
}

/**
 * Reads the output of `pulumi preview --json`. If it is something else, because the CLI failed before the preview, the result
 * has an error that says so.
 *
 * @see pulumi/pulumi `pkg/display/json.go`, PreviewDigest
 */
export function readPreview(text: string): Preview {
  const digest = parseDigest(text);
  if (digest === undefined) {
    return { changes: [], errors: ["the preview ended before it began; the log of the job says why"] };
  }
  const { steps, diagnostics } = digest;
  const errors = (diagnostics ?? []).filter(({ severity }) => severity === "error");
  return {
    changes: (steps ?? []).flatMap(changeOf),
    errors: errors.map(({ message }) => message.trim()),
  };
}

function parseDigest(text: string): z.infer<typeof Digest> | undefined {
  try {
    return Digest.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

const ACTIONS = ["create", "update", "replace", "delete"] as const;

function changeOf(step: Step): ObjectChange[] {
  const action = ACTIONS.find((known) => known === step.op);
  const state = step.newState ?? step.oldState;
  // Components only group objects. A provider matters only if its replacement replaces all its objects.
  if (action === undefined || state?.custom !== true) return [];
  if (state.type.startsWith("pulumi:") && action !== "replace") return [];
  const kind = kindOfType(state.type);
  const [before, after] = [step.oldState, step.newState].map((side) => side && withoutSecrets(kind, side.inputs));
  return [
    {
      id: step.urn,
      action,
      kind,
      name: fixedName(state) ?? nameOf(step.urn),
      ...(before ? { before } : {}),
      ...(after ? { after } : {}),
      fields: action === "update" || action === "replace" ? fieldsOf(step, before ?? {}, after ?? {}) : [],
      // The provider's own rule: an object with a fixed name cannot exist twice.
      deletedFirst: action === "replace" && isSameObject(step.oldState, step.newState),
      protected: action !== "create" && action !== "update" && step.oldState?.protect === true,
      retained: action === "delete" && step.oldState?.retainOnDelete === true,
      pending: false,
    },
  ];
}

function fieldsOf(step: Step, before: Fields, after: Fields): FieldChange[] {
  const detailed = Object.entries(step.detailedDiff ?? {});
  const forcing = detailed.filter(([, { kind }]) => kind.endsWith("-replace"));
  const paths = (step.op === "replace" && forcing.length > 0 ? forcing : detailed).map(([path]) => path);
  if (paths.length > 0) {
    return paths
      .toSorted()
      .map((path) => ({ path, before: valueAt(before, path), after: valueAt(after, path), pending: false }));
  }
  const reasons = (step.op === "replace" && step.replaceReasons) || step.diffReasons || [];
  return differences(before, after).filter(({ path }) => reasons.some((reason) => isWithin(path, reason)));
}

/** The object's name in the cluster; undefined if Pulumi generated it, because every preview generates another one. */
function fixedName({ inputs }: State): string | undefined {
  const name = valueAt(inputs, "metadata.name");
  return typeof name === "string" && !isAutonamed(inputs) ? name : undefined;
}

/** Whether Pulumi generated the object's name. */
export function isAutonamed(inputs: Fields): boolean {
  return valueAt(inputs, 'metadata.annotations["pulumi.com/autonamed"]') === "true";
}

function isSameObject(before: State | null | undefined, after: State | null | undefined): boolean {
  if (!before || !after || isAutonamed(after.inputs)) return false;
  const place = ({ inputs }: State) => [valueAt(inputs, "metadata.namespace"), valueAt(inputs, "metadata.name")];
  const [namespace, name] = place(after);
  return name !== undefined && place(before)[0] === namespace && place(before)[1] === name;
}
