// Placeholder until the deployment is here.
import type { DeployOptions } from "./options.ts";
export async function deployStack(_options: DeployOptions): Promise<{ changes: number }> {
  return { changes: 0 };
}
