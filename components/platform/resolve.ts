import { defaults } from "../defaults/defaults.ts";
import { type WithDefaults, withDefaults } from "../defaults/with-defaults.ts";

/** Limits of one container or pod, by resource name, in Kubernetes quantities. */
export interface LimitRangeItem {
  /** Highest limit of one container (or pod). */
  readonly max?: Readonly<Record<string, string>>;
  /** Lowest request of one container (or pod). */
  readonly min?: Readonly<Record<string, string>>;
  /** Limit of a container that sets none; containers only. */
  readonly default?: Readonly<Record<string, string>>;
  /** Request of a container that sets none; containers only. */
  readonly defaultRequest?: Readonly<Record<string, string>>;
}

/** Pod Security Standard of a namespace. */
export type PodSecurityLevel = "restricted" | "baseline" | "privileged";

export interface NamespaceArgs {
  /** Name of the namespace. Fixed, since everything else is addressed by it. */
  readonly name: string;
  /** `false` for a namespace that is there already; it stays as it is. @default true */
  readonly create?: boolean;
  /**
   * Whether the cluster assigns the user of the pods, as OpenShift does; a stack then leaves it out of them.
   *
   * @default false
   */
  readonly assignsUser?: boolean;
  /** Value of the label `environment`. */
  readonly environment: string;
  /** More labels, such as `istio-injection: enabled`. @default none */
  readonly labels?: Readonly<Record<string, string>>;
  /** @default none */
  readonly annotations?: Readonly<Record<string, string>>;
  /** Level to enforce, warn and audit; the level that a namespace has that is there already. @default "restricted" */
  readonly podSecurity?: PodSecurityLevel;
  /** Most that the whole namespace may request: `requests.cpu`, `limits.memory`, `pods`, … @default no quota */
  readonly quota?: { readonly name?: string; readonly hard: Readonly<Record<string, string>> };
  /** Limits and defaults of single containers and pods. @default no limit range */
  readonly limitRange?: { readonly name?: string; readonly container?: LimitRangeItem; readonly pod?: LimitRangeItem };
}

/** A namespace with every default filled in. */
export type ResolvedNamespace = WithDefaults<NamespaceArgs, "podSecurity" | "create" | "assignsUser">;

export function resolveNamespace(args: NamespaceArgs): ResolvedNamespace {
  return withDefaults<NamespaceArgs, "podSecurity" | "create" | "assignsUser">(defaults.namespace, args);
}

/** A value that is generated once and kept in state. */
export interface RandomValue {
  /** Number of characters, letters and digits. @default 32 */
  readonly length?: number;
}

export function resolveRandomValue({ length }: RandomValue): Required<RandomValue> {
  return { length: length ?? defaults.secrets.randomLength };
}
