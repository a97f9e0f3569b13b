import { readFile, rm } from "node:fs/promises";
import path from "node:path";
import type { Kubectl } from "../../cluster/kubectl.ts";
import { UserError } from "../../common/errors.ts";
import type { DeployOptions } from "./options.ts";

/** Kinds that hold data or contain objects that do. */
const KEPT_KINDS = new Set(["Namespace", "PersistentVolumeClaim"]);

/**
 * Up to release 0.1, stacks were deployed by kubectl on machines without a Pulumi CLI; the engine does not know their objects.
 * Deletes these objects, except namespaces and claims, if the user has asked for it.
 *
 * @returns whether it did
 * @throws UserError if the stack was deployed that way, and the user has not asked for it
 */
export async function takeOver({ stack, stateDirectory, kubectl, takeOver = false }: DeployOptions): Promise<boolean> {
  const record = path.join(stateDirectory, `${stack}.engine`);
  const engine = (await readFile(record, "utf8").catch(() => "")).trim();
  if (engine === "kubectl") {
    if (!takeOver) {
      throw new UserError(
        `stack ${stack} was deployed by an earlier release, without the Pulumi engine`,
        "npm run up -- --take-over deletes its objects, keeps its namespaces and volumes, and deploys it anew (with new API keys)",
      );
    }
    await deleteObjects(kubectl, stack);
  }
  await rm(record, { force: true });
  return engine === "kubectl";
}

async function deleteObjects(kubectl: Kubectl, stack: string): Promise<void> {
  const name = `ml-platform-${stack}`;
  const inventories = await kubectl.get(["configmaps", "--all-namespaces", `--field-selector=metadata.name=${name}`]);
  const lines = inventories.flatMap((inventory) =>
    String(Reflect.get(inventory["data"] ?? {}, "objects") ?? "").split("\n"),
  );
  const objects = lines.flatMap((line) => {
    const [apiVersion, kind, namespace, name] = line.split(" ");
    if (!apiVersion || !kind || !namespace || !name || KEPT_KINDS.has(kind)) return [];
    return [{ apiVersion, kind, metadata: { name, ...(namespace === "-" ? {} : { namespace }) } }];
  });
  if (objects.length > 0) await kubectl.onObjects(["delete", "--ignore-not-found", "--wait"], objects);
  for (const { metadata } of inventories) {
    await kubectl.run(["delete", "configmap", name, `--namespace=${metadata.namespace}`, "--ignore-not-found"]);
  }
}
