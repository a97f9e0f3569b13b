import type { Kubectl } from "../../cluster/kubectl.ts";
import type { Deployed } from "../deploy/options.ts";

/** Options of `up`. */
export interface UpOptions {
  /** kubeconfig context of another cluster; without it the embedded one is used. */
  readonly context?: string;
  /** HOST/PREFIX that images are pushed to for such a cluster. */
  readonly registry?: string;
  /** Port on 127.0.0.1 for the gateway; default: the one in use, else 8080. */
  readonly port?: number;
  /** Name of the stack. */
  readonly stack: string;
  /** Stack files instead of the one the stack's name gives, later ones laid over earlier ones. */
  readonly configFile?: readonly string[];
  /** Deletes what an earlier release deployed without the engine, but for namespaces and volumes, and deploys anew. */
  readonly takeOver?: boolean;
}

/** What an `up` has deployed, and where it can be asked about. */
export interface UpResult {
  readonly kubectl: Kubectl;
  readonly deployed: Deployed;
  /** URL of the gateway from this machine; undefined where none is known. */
  readonly gatewayUrl: string | undefined;
}
