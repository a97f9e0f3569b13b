import path from "node:path";
import { RenderError, type Rendering, type RenderOptions, renderStack } from "../../render/render.ts";
import { StackFileError } from "../../render/stack-file.ts";
import { UserError } from "../errors.ts";
import { applyPlan, handOver } from "./apply.ts";
import type { DeployOptions } from "./options.ts";
import { describePlan, planApply } from "./plan.ts";
import { readSecrets, writeSecrets } from "./secrets-file.ts";
import { waitReady } from "./wait.ts";

/**
 * Deploys a stack without the Pulumi CLI: renders it, and applies it with pruning.
 *
 * @returns what changed, one line for each object
 * @throws UserError where the stack is wrong, or does not become ready
 */
export async function deployRendered(options: DeployOptions): Promise<string[]> {
  const { stack, configFiles, images, kubectl, report } = options;
  const secretsFile = path.join(options.stateDirectory, `${stack}.secrets.json`);
  const kept = await readSecrets(secretsFile);
  const { objects, secrets } = await render({ stack, configFiles, overrides: { images }, secrets: kept });
  // Before anything uses them: a secret that is applied but not kept could never be applied again.
  if (Object.keys(secrets).some((name) => !(name in kept))) await writeSecrets(secretsFile, secrets);

  const namespace = objects.find(({ object }) => object.kind === "Namespace")?.object.metadata.name ?? "default";
  const set = { name: `ml-platform-${stack}`, namespace };
  // An interrupted run may have left this undone.
  await handOver(kubectl, objects);
  const plan = await planApply(kubectl, set, objects);
  const changes = describePlan(plan);
  report(`${changes.length} changes`);

  await applyPlan(kubectl, set, objects, plan, (made) => waitReady(kubectl, made, { namespace, report }));
  return changes;
}

async function render(options: RenderOptions): Promise<Rendering> {
  try {
    return await renderStack(options);
  } catch (error) {
    if (!(error instanceof RenderError || error instanceof StackFileError)) throw error;
    throw new UserError(error.message, "mend the stack file");
  }
}
