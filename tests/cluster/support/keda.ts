import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { writeArchive } from "../../../cluster/images/archive.ts";
import type { Kubectl } from "../../../cluster/kubectl.ts";
import { importImage } from "../../../cluster/node/images.ts";
import { toolchainFolders } from "../../../cluster/toolchain/index.ts";
import { valueAt } from "../../../engine/status/fields.ts";
import { ensureTool } from "../../tools/index.ts";
import { eventually } from "./wait.ts";

/** KEDA's programs: the binary, and image and Deployment in its own manifests. */
const PROGRAMS = [
  { binary: "keda", image: "ghcr.io/kedacore/keda", deployment: "keda-operator" },
  { binary: "keda-adapter", image: "ghcr.io/kedacore/keda-metrics-apiserver", deployment: "keda-metrics-apiserver" },
] as const;

const FLAGS = ["--server-side", "--force-conflicts", "--field-manager=keda-install"];

/**
 * Installs KEDA from its own manifests, with images made from its binaries, and waits until the API server has its metrics.
 *
 * @param init process id of the node's first process
 * @returns a function that removes it
 */
export async function installKeda(kubectl: Kubectl, init: number): Promise<() => Promise<void>> {
  const folder = await ensureTool("keda");
  const work = await mkdtemp(path.join(tmpdir(), "keda-"));
  try {
    for (const { binary } of PROGRAMS) {
      const config = { Entrypoint: [`/${binary}`], User: "65532:65532" };
      const archive = await writeArchive({ reference: reference(binary), folder, entries: [binary], config }, work);
      await importImage(toolchainFolders().containerd, init, archive);
    }
    await cp(path.join(folder, "config"), path.join(work, "config"), { recursive: true });
    await writeFile(path.join(work, "kustomization.yaml"), JSON.stringify(kustomization()));
    const manifests = await kubectl.run(["kustomize", work]);
    await kubectl.run(["apply", ...FLAGS, "--filename=-"], manifests);
    await available(kubectl);
    return async () => void (await kubectl.run(["delete", "--ignore-not-found", "--filename=-"], manifests));
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

const reference = (binary: string) => `localhost/keda/${binary}:test`;

/** KEDA's manifests with images that the node has, and with quicker first probes. */
function kustomization() {
  return {
    apiVersion: "kustomize.config.k8s.io/v1beta1",
    kind: "Kustomization",
    resources: ["crd", "general", "rbac", "manager", "metrics-server", "service_account"].map(
      (part) => `config/${part}`,
    ),
    images: PROGRAMS.map(({ binary, image }) => ({ name: image, newName: `localhost/keda/${binary}`, newTag: "test" })),
    patches: PROGRAMS.map(({ deployment }) => ({
      target: { kind: "Deployment", name: deployment },
      patch: JSON.stringify([
        { op: "replace", path: "/spec/template/spec/containers/0/imagePullPolicy", value: "Never" },
        { op: "replace", path: "/spec/template/spec/containers/0/readinessProbe/initialDelaySeconds", value: 1 },
        { op: "replace", path: "/spec/template/spec/containers/0/resources/requests/cpu", value: "20m" },
      ]),
    })),
  };
}

async function available(kubectl: Kubectl): Promise<void> {
  for (const { deployment } of PROGRAMS) {
    const place = [`deployment/${deployment}`, "--namespace=keda"];
    await kubectl.run(["wait", "--for=condition=Available", ...place, "--timeout=240s"]);
  }
  await eventually("metrics of KEDA at the API server", async () => {
    const [service] = await kubectl.get(["apiservice", "v1beta1.external.metrics.k8s.io"]);
    const conditions = (service && valueAt(service, "status.conditions")) as { type: string; status: string }[];
    return conditions?.some(({ type, status }) => type === "Available" && status === "True") ? true : undefined;
  });
}
