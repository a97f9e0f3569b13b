import path from "node:path";
import { RenderError, type Rendering, type RenderOptions, renderStack } from "../../render/render.ts";
import type { RenderedObject } from "../../render/rendered.ts";
import { StackFileError } from "../../render/stack-file.ts";
import { UserError } from "../errors.ts";
import { imagesIn } from "../images/references.ts";
import { applyPlan, handOver } from "./apply.ts";
import { readInventory } from "./inventory.ts";
import type { Deployment, DeployOptions } from "./options.ts";
import { describePlan, planApply } from "./plan.ts";
import { readSecrets, writeSecrets } from "./secrets-file.ts";
import { waitReady } from "./wait.ts";

/**
 * Deploys a stack without the Pulumi CLI: renders it, and applies it with pruning.
 *
 * @throws UserError where the stack is wrong, or does not become ready
 */
export async function deployRendered(options: DeployOptions): Promise<Deployment> {
  const { stack, configFiles, images, kubectl, report } = options;
  const secretsFile = path.join(options.stateDirectory, `${stack}.secrets.json`);
  const kept = await readSecrets(secretsFile);
  const { objects, secrets } = await render({ stack, configFiles, overrides: { images }, secrets: kept });
  // Before anything uses them: a secret that is applied but not kept could never be applied again.
  if (Object.keys(secrets).some((name) => !(name in kept))) await writeSecrets(secretsFile, secrets);

  const place = { name: `ml-platform-${stack}`, namespace: homeOf(objects) };
  const before = await readInventory(kubectl, place);
  // An interrupted run may have left this undone.
  await handOver(kubectl, objects);
  const plan = await planApply(kubectl, before, objects);
  const changes = describePlan(plan);
  await options.prepareImages?.(imagesIn(objects));
  report(`${changes.length} changes`);

  await applyPlan(kubectl, place, before, objects, plan, (made) => waitReady(kubectl, made, { report }));
  return { changes, namespaces: [...new Set(objects.flatMap(({ object }) => object.metadata.namespace ?? []))] };
}

/** The namespace that a stack is at home in: the one of its environment, else the first it uses. */
export function homeOf(objects: readonly RenderedObject[]): string {
  const environment = objects.find(
    ({ object }) => object.kind === "Namespace" && object.metadata.labels?.["environment"],
  );
  const used =
    environment?.object.metadata.name ??
    objects.find(({ object }) => object.metadata.namespace)?.object.metadata.namespace;
  return used ?? "default";
}

async function render(options: RenderOptions): Promise<Rendering> {
  try {
    return await renderStack(options);
  } catch (error) {
    if (!(error instanceof RenderError || error instanceof StackFileError)) throw error;
    throw new UserError(error.message, "mend the stack file");
  }
}
