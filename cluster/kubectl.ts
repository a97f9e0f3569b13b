import { execa } from "execa";
import { UserError } from "../common/errors.ts";
import type { KubernetesObject } from "../render/rendered.ts";

/** An object as the cluster returns it. */
export interface LiveObject extends KubernetesObject {
  readonly metadata: KubernetesObject["metadata"] & {
    readonly uid?: string;
    readonly generation?: number;
    readonly resourceVersion?: string;
    readonly deletionTimestamp?: string;
    readonly ownerReferences?: readonly { readonly kind: string; readonly name: string }[];
  };
}

/** A call of kubectl failed; the message is kubectl's own. */
export class KubectlError extends UserError {
  constructor(message: string) {
    super(message, "see `npm run status` for the state of the cluster");
  }
}

/** kubectl for one cluster. */
export class Kubectl {
  /** Path of the program. */
  readonly program: string;
  readonly kubeconfig: string;
  /** Context of the kubeconfig; undefined for its current one. */
  readonly context: string | undefined;

  constructor(program: string, kubeconfig: string, context?: string) {
    this.program = program;
    this.kubeconfig = kubeconfig;
    this.context = context;
  }

  /**
   * Runs kubectl.
   *
   * @param input its standard input. @default empty
   * @returns its standard output
   * @throws KubectlError if it fails
   */
  async run(args: readonly string[], input = ""): Promise<string> {
    const place = [
      `--kubeconfig=${this.kubeconfig}`,
      ...(this.context === undefined ? [] : [`--context=${this.context}`]),
    ];
    const result = await execa(this.program, [...place, ...args], {
      input,
      reject: false,
      maxBuffer: 1 << 30,
    });
    if (result.exitCode === 0) return result.stdout;
    throw new KubectlError(result.stderr.trim() || `kubectl ${args[0]} failed: ${result.shortMessage}`);
  }

  /** Runs kubectl on objects, which it reads as a list from its standard input. */
  onObjects(args: readonly string[], objects: readonly KubernetesObject[]): Promise<string> {
    return this.run([...args, "-f", "-"], JSON.stringify({ apiVersion: "v1", kind: "List", items: objects }));
  }

  /** The objects that a `kubectl get` finds; empty if there are none. */
  async get(args: readonly string[]): Promise<readonly LiveObject[]> {
    return items(await this.run(["get", "--ignore-not-found", "--output=json", ...args]));
  }

  /** The objects of a kind that not every cluster has; empty in one that does not. */
  async getKnown(kind: string, args: readonly string[]): Promise<readonly LiveObject[]> {
    try {
      return await this.get([kind, ...args]);
    } catch (error) {
      if (error instanceof KubectlError && error.message.includes("doesn't have a resource type")) return [];
      throw error;
    }
  }
}

/** The objects in kubectl's JSON output: a list, a single object, or no output. */
export function items(json: string): readonly LiveObject[] {
  if (json.trim() === "") return [];
  const output = JSON.parse(json) as LiveObject & { items?: readonly LiveObject[] };
  return output.kind === "List" ? (output.items ?? []) : [output];
}
