import type { Kubectl } from "../../../cluster/kubectl.ts";
import { ensureTool } from "../../tools/index.ts";
import { installOperator } from "./operator.ts";
import { eventually } from "./wait.ts";

/** Name of the ClusterQueue, and of its flavor. */
export const CLUSTER_QUEUE = "shared";
const FLAVOR = "any-node";
/** Label that Kueue gives the pods' node selector, because its flavor has it. */
export const FLAVOR_LABEL = "kubernetes.io/os";

/**
 * Installs Kueue with one ClusterQueue for all namespaces.
 *
 * @param init process id of the node's first process
 * @param quota what the Jobs of the queue may request together
 * @returns a function that removes it
 */
export async function installKueue(
  kubectl: Kubectl,
  init: number,
  quota: Readonly<Record<string, string>>,
): Promise<() => Promise<void>> {
  const remove = await installOperator(kubectl, init, {
    name: "kueue",
    folder: await ensureTool("kueue"),
    programs: [
      {
        binary: "manager",
        image: "us-central1-docker.pkg.dev/k8s-staging-images/kueue/kueue",
        deployment: "kueue-controller-manager",
      },
    ],
    parts: ["default"],
    namespace: "kueue-system",
    patches: [{ op: "replace", path: "resources/requests", value: { cpu: "50m", memory: "128Mi" } }],
  });
  const objects = [
    {
      apiVersion: "kueue.x-k8s.io/v1beta2",
      kind: "ResourceFlavor",
      metadata: { name: FLAVOR },
      spec: { nodeLabels: { [FLAVOR_LABEL]: "linux" } },
    },
    {
      apiVersion: "kueue.x-k8s.io/v1beta2",
      kind: "ClusterQueue",
      metadata: { name: CLUSTER_QUEUE },
      spec: {
        namespaceSelector: {},
        resourceGroups: [
          {
            coveredResources: Object.keys(quota),
            flavors: [
              {
                name: FLAVOR,
                resources: Object.entries(quota).map(([name, nominalQuota]) => ({ name, nominalQuota })),
              },
            ],
          },
        ],
      },
    },
  ];
  // Its webhooks answer once the API server knows their certificate.
  await eventually("answers of Kueue's webhooks", () =>
    kubectl.onObjects(["apply"], objects).then(
      () => true,
      () => undefined,
    ),
  );
  return async () => {
    // Kueue holds them until nothing uses them, so it has to be there still.
    await kubectl.onObjects(["delete", "--ignore-not-found"], objects.toReversed());
    await remove();
  };
}
