import { createHash } from "node:crypto";
import type * as k8s from "@pulumi/kubernetes";
import type { Input } from "@pulumi/pulumi";

/** A ConfigMap that a container takes its environment or files from. */
export interface ConfigMapRef {
  /** Name of the ConfigMap in the cluster. */
  readonly name: Input<string>;
  /** Hash of its content, which rolls the pods when a ConfigMap with a fixed name changes. @default none */
  readonly hash?: string;
}

/** Where a file of a container comes from, or the files of a folder. */
export interface FileSource {
  /** A ConfigMap; give this or `secret`. */
  readonly configMap?: ConfigMapRef;
  /** Name of a Secret. */
  readonly secret?: Input<string>;
  /** The one key that becomes the file. @default every key becomes a file, named like the key, of a folder */
  readonly key?: string;
}

/** ConfigMaps and Secrets whose keys become files. */
export interface FileArgs {
  /**
   * Files and folders of the container, read-only, by their absolute path. A file replaces one of the image; a folder hides what
   * the image has there.
   *
   * @default none
   */
  readonly files?: Readonly<Record<string, FileSource>>;
}

/** The volumes and the container's mounts for files, in the order given. */
export function mountFiles(files: FileArgs["files"] = {}): {
  volumes: k8s.types.input.core.v1.Volume[];
  volumeMounts: k8s.types.input.core.v1.VolumeMount[];
} {
  const mounts = Object.entries(files).map(([path, source]) => ({ path, source, name: volumeName(path) }));
  return {
    volumes: mounts.map(({ name, source }) => ({ name, ...volumeOf(source) })),
    volumeMounts: mounts.map(({ name, path, source: { key } }) => ({
      name,
      mountPath: path,
      readOnly: true,
      // A mount without it would hide the other files of the folder.
      ...(key === undefined ? {} : { subPath: key }),
    })),
  };
}

/** Hashes of the ConfigMaps with fixed names among the sources of files. */
export function fileHashes(files: FileArgs["files"] = {}): string[] {
  return Object.values(files).flatMap(({ configMap }) => configMap?.hash ?? []);
}

function volumeOf({ configMap, secret, key }: FileSource): Omit<k8s.types.input.core.v1.Volume, "name"> {
  const items = key === undefined ? {} : { items: [{ key, path: key }] };
  if (configMap !== undefined) return { configMap: { name: configMap.name, ...items } };
  return { secret: { secretName: secret, ...items } };
}

/** A volume's name that says what it is for: `/etc/app/app.yaml` becomes `files-etc-app-app-yaml-` and a hash of the path. */
function volumeName(path: string): string {
  const words = path.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
  const hash = createHash("sha256").update(path).digest("hex").slice(0, 6);
  return `files${words.slice(0, 45).replace(/-$/, "")}-${hash}`;
}
