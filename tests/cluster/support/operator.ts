import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { writeArchive } from "../../../cluster/images/archive.ts";
import type { Kubectl } from "../../../cluster/kubectl.ts";
import { importImage } from "../../../cluster/node/images.ts";
import { toolchainFolders } from "../../../cluster/toolchain/index.ts";

/** An operator whose binaries and manifests are in the folder of a tool. */
export interface Operator {
  readonly name: string;
  /** The tool's folder, with the kustomize folders in `config/`. */
  readonly folder: string;
  readonly programs: readonly {
    readonly binary: string;
    /** Image and Deployment in the operator's own manifests. */
    readonly image: string;
    readonly deployment: string;
  }[];
  /** Kustomize folders below `config/` that are installed. */
  readonly parts: readonly string[];
  readonly namespace: string;
  /** JSON patches of every Deployment, beside that it never pulls its image. */
  readonly patches: readonly { readonly op: "add" | "replace"; readonly path: string; readonly value: unknown }[];
}

/**
 * Installs an operator from its own manifests, with images made from its binaries, and waits until its Deployments are available.
 *
 * @param init process id of the node's first process
 * @returns a function that removes it
 */
export async function installOperator(
  kubectl: Kubectl,
  init: number,
  operator: Operator,
): Promise<() => Promise<void>> {
  const { name, folder, programs, namespace } = operator;
  const work = await mkdtemp(path.join(tmpdir(), `${name}-`));
  try {
    for (const { binary } of programs) {
      const config = { Entrypoint: [`/${binary}`], User: "65532:65532" };
      const reference = `${repositoryOf(name, binary)}:${TAG}`;
      const archive = await writeArchive({ reference, folder, entries: [binary], config }, work);
      await importImage(toolchainFolders().containerd, init, archive);
    }
    await cp(path.join(folder, "config"), path.join(work, "config"), { recursive: true });
    await writeFile(path.join(work, "kustomization.yaml"), JSON.stringify(kustomization(operator)));
    const manifests = await kubectl.run(["kustomize", work]);
    const flags = ["--server-side", "--force-conflicts", `--field-manager=${name}-install`];
    await kubectl.run(["apply", ...flags, "--filename=-"], manifests);
    for (const { deployment } of programs) {
      const place = [`deployment/${deployment}`, `--namespace=${namespace}`];
      await kubectl.run(["wait", "--for=condition=Available", ...place, "--timeout=240s"]);
    }
    return async () => void (await kubectl.run(["delete", "--ignore-not-found", "--filename=-"], manifests));
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

const TAG = "test";
const repositoryOf = (name: string, binary: string) => `localhost/${name}/${binary}`;

/** The operator's manifests with images that the node has. */
function kustomization({ name, programs, parts, patches }: Operator) {
  const container = "/spec/template/spec/containers/0";
  return {
    apiVersion: "kustomize.config.k8s.io/v1beta1",
    kind: "Kustomization",
    resources: parts.map((part) => `config/${part}`),
    images: programs.map(({ binary, image }) => ({ name: image, newName: repositoryOf(name, binary), newTag: TAG })),
    patches: programs.map(({ deployment }) => ({
      target: { kind: "Deployment", name: deployment },
      patch: JSON.stringify([
        { op: "replace", path: `${container}/imagePullPolicy`, value: "Never" },
        ...patches.map((patch) => ({ ...patch, path: `${container}/${patch.path}` })),
      ]),
    })),
  };
}
