import { execa } from "execa";

/** kubectl bound to one cluster. */
export interface Kubectl {
  readonly binary: string;
  readonly kubeconfig: string;
  readonly context?: string;
}

/** Runs kubectl with `args`, `input` on its standard input, and returns its output. @throws execa's error, with stderr in its message. */
export async function runKubectl(kubectl: Kubectl, args: readonly string[], input?: string): Promise<string> {
  const context = kubectl.context ? ["--context", kubectl.context] : [];
  const { stdout } = await execa(kubectl.binary, ["--kubeconfig", kubectl.kubeconfig, ...context, ...args], {
    ...(input === undefined ? {} : { input }),
    // The person's own kubectl settings must not lead elsewhere.
    env: { KUBECONFIG: kubectl.kubeconfig },
  });
  return stdout;
}
