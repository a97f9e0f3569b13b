import type { Kubectl } from "../../../cluster/kubectl.ts";
import { valueAt } from "../../../engine/status/fields.ts";
import { ensureTool } from "../../tools/index.ts";
import { installOperator } from "./operator.ts";
import { eventually } from "./wait.ts";

/**
 * Installs KEDA, with quicker first probes, and waits until the API server has its metrics.
 *
 * @param init process id of the node's first process
 * @returns a function that removes it
 */
export async function installKeda(kubectl: Kubectl, init: number): Promise<() => Promise<void>> {
  const remove = await installOperator(kubectl, init, {
    name: "keda",
    folder: await ensureTool("keda"),
    programs: [
      { binary: "keda", image: "ghcr.io/kedacore/keda", deployment: "keda-operator" },
      {
        binary: "keda-adapter",
        image: "ghcr.io/kedacore/keda-metrics-apiserver",
        deployment: "keda-metrics-apiserver",
      },
    ],
    parts: ["crd", "general", "rbac", "manager", "metrics-server", "service_account"],
    namespace: "keda",
    patches: [
      { op: "replace", path: "readinessProbe/initialDelaySeconds", value: 1 },
      { op: "replace", path: "resources/requests/cpu", value: "20m" },
    ],
  });
  await eventually("metrics of KEDA at the API server", async () => {
    const [service] = await kubectl.get(["apiservice", "v1beta1.external.metrics.k8s.io"]);
    const conditions = (service && valueAt(service, "status.conditions")) as { type: string; status: string }[];
    return conditions?.some(({ type, status }) => type === "Available" && status === "True") ? true : undefined;
  });
  return remove;
}
