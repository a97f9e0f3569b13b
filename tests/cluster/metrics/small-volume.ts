import { rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { execa } from "execa";
import { nodeName } from "../../../cluster/node/layout.ts";
import type { KubernetesObject } from "../../../render/rendered.ts";

/** Mount point in the node. */
const MOUNT = "/run/small-volume";
const MEBIBYTES = 16;

/**
 * A volume of a few mebibytes: directories of the node, as its own class makes them, have the size of the machine's disk,
 * which no test should fill.
 */
export class SmallVolume {
  readonly #init: number;

  /** @param init process id of the node's first process */
  constructor(init: number) {
    this.#init = init;
  }

  /** Mounts it in the node, until the node ends. */
  async mount(): Promise<void> {
    await this.#inside("mkdir", "--parents", MOUNT);
    await this.#inside("mount", "-t", "tmpfs", "-o", `size=${MEBIBYTES}m,mode=777`, "tmpfs", MOUNT);
  }

  /** Objects that give it to a claim of a namespace. */
  objects(namespace: string, claim: string): KubernetesObject[] {
    const size = { storage: `${MEBIBYTES}Mi` };
    const shared = { accessModes: ["ReadWriteOnce"], storageClassName: "local" };
    const onNode = { matchExpressions: [{ key: "kubernetes.io/hostname", operator: "In", values: [nodeName] }] };
    return [
      {
        apiVersion: "v1",
        kind: "PersistentVolume",
        metadata: { name: claim },
        spec: {
          ...shared,
          capacity: size,
          persistentVolumeReclaimPolicy: "Retain",
          local: { path: MOUNT },
          nodeAffinity: { required: { nodeSelectorTerms: [onNode] } },
        },
      },
      {
        apiVersion: "v1",
        kind: "PersistentVolumeClaim",
        metadata: { name: claim, namespace },
        spec: { ...shared, volumeName: claim, resources: { requests: size } },
      },
    ];
  }

  /** Writes a file that leaves a tenth free. */
  async fill(): Promise<void> {
    await writeFile(this.#file, Buffer.alloc(MEBIBYTES * 0.9 * 1024 * 1024));
  }

  /** Removes that file. */
  async empty(): Promise<void> {
    await rm(this.#file, { force: true });
  }

  /** The file, by the node's own view of the file system. */
  get #file(): string {
    return path.join("/proc", String(this.#init), "root", MOUNT, "model.onnx");
  }

  async #inside(...command: readonly string[]): Promise<void> {
    await execa("nsenter", ["--target", String(this.#init), "--mount", "--", ...command]);
  }
}
