import type { Kubectl } from "../../cluster/kubectl.ts";
import type { Deployed } from "../deploy/options.ts";

/** Options of `up`. */
export interface UpOptions {
  /** kubeconfig context of another cluster. @default the embedded cluster */
  readonly context?: string;
  /** HOST/PREFIX to push images to for such a cluster. */
  readonly registry?: string;
  /** Port on 127.0.0.1 for the gateway. @default the one in use, otherwise 8080 */
  readonly port?: number;
  /** Name of the stack. */
  readonly stack: string;
  /** Stack files; later ones override earlier ones. @default the stack's own */
  readonly configFile?: readonly string[];
  /**
   * Whether to delete objects that an earlier release deployed without the engine, except namespaces and volumes.
   * @default false
   */
  readonly takeOver?: boolean;
  /**
   * Whether to install Prometheus, Alertmanager and kube-state-metrics on the embedded cluster, after the first predictions.
   * Without it, installed ones are left alone. @default false
   */
  readonly prometheus?: boolean;
}

/** The result of an `up`. */
export interface UpResult {
  readonly kubectl: Kubectl;
  readonly deployed: Deployed;
  /** URL of the gateway from this machine; undefined if it has none yet. */
  readonly gatewayUrl: string | undefined;
}
