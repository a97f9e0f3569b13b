/** One step of `pulumi preview --json`. @see pulumi/pkg `display/json.go` */
export interface PreviewStep {
  readonly op: string;
  readonly urn: string;
  readonly oldState?: ResourceState;
  readonly newState?: ResourceState;
  readonly detailedDiff?: Readonly<Record<string, { readonly kind: string } | undefined>> | null;
}

interface ResourceState {
  readonly custom?: boolean;
  readonly type: string;
  readonly ignoreChanges?: readonly string[];
  /** The object after the last deployment or refresh. */
  readonly outputs?: Readonly<Record<string, unknown>>;
  readonly inputs?: { readonly metadata?: { readonly name?: string; readonly namespace?: string } };
}

const SIGNS: Readonly<Record<string, string>> = { create: "+", update: "~", delete: "-", replace: "±" };

/** Kinds whose deletion loses data. */
const DATA_KINDS = new Set(["PersistentVolumeClaim", "Namespace"]);

/** A readable preview: one line for each object that changes, without components and providers. */
export function describeSteps(steps: readonly PreviewStep[]): string[] {
  return steps.flatMap((step) => {
    const sign = SIGNS[step.op];
    if (sign === undefined || !isObject(step)) return [];
    const paths = step.op === "update" ? Object.keys(step.detailedDiff ?? {}).toSorted() : [];
    return [`${sign} ${describeStep(step)}${paths.length === 0 ? "" : ` (${paths.join(", ")})`}`];
  });
}

/** Objects with data that a preview deletes or replaces, such as `Namespace ml-dev`. */
export function losesData(steps: readonly PreviewStep[]): string[] {
  const lost = steps.filter((step) => ["delete", "replace"].includes(step.op) && isObject(step));
  // By its current name: a replacement may have a new one.
  const present = ({ oldState, ...step }: PreviewStep) =>
    describeStep(oldState === undefined ? step : { ...step, newState: oldState });
  return lost.filter((step) => DATA_KINDS.has(kindOf(step))).map(present);
}

/** Whether a preview changes how the cluster is reached. */
export function changesProvider(steps: readonly PreviewStep[]): boolean {
  const isProvider = ({ newState, oldState }: PreviewStep) =>
    (newState ?? oldState)?.type === "pulumi:providers:kubernetes";
  return steps.some((step) => step.op !== "same" && isProvider(step));
}

/** Namespaces of the objects in a preview. */
export function namespacesOf(steps: readonly PreviewStep[]): string[] {
  const named = steps.flatMap(({ newState, oldState }) => (newState ?? oldState)?.inputs?.metadata?.namespace ?? []);
  return [...new Set(named)];
}

function isObject({ newState, oldState }: PreviewStep): boolean {
  const state = newState ?? oldState;
  return state?.custom === true && !state.type.startsWith("pulumi:");
}

function describeStep(step: PreviewStep): string {
  const state = step.newState ?? step.oldState;
  return `${kindOf(step)} ${state?.inputs?.metadata?.name ?? nameOf(step.urn)}`;
}

function kindOf({ newState, oldState }: PreviewStep): string {
  return kindOfType((newState ?? oldState)?.type ?? "");
}

/** The kind in a type: `Deployment` of `kubernetes:apps/v1:Deployment`. */
export function kindOfType(type: string): string {
  return type.split(":").at(-1) ?? type;
}

/** The name of a resource in the program: the last part of its URN. */
export function nameOf(urn: string): string {
  return urn.split("::").at(-1) ?? urn;
}
