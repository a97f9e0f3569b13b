import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

/**
 * Gives `use` a folder for the CLI's temporary files (TMPDIR), and removes it afterwards: the Kubernetes provider writes the
 * kubeconfig, with its credentials, to a temporary file that it never removes.
 */
export async function withTemporaryFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(path.join(tmpdir(), "pulumi-"));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
