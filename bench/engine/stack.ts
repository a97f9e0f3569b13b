import { writeFile } from "node:fs/promises";
import path from "node:path";
import { stringify } from "yaml";
import { manyModels } from "../render.ts";

/** Namespace of the measured stacks. */
export const NAMESPACE = "many-models";

/** Settings by their full names, such as `ml-platform:models`. */
type Settings = Readonly<Record<string, unknown>>;

interface Model {
  readonly versions: readonly { readonly version: string }[];
}

/**
 * Writes the stack file of `count` models with two versions each. Shared settings are written once: repeated for each version,
 * the settings of 400 models exceed the 128 KiB that Linux allows for an environment variable.
 *
 * @param shared additional settings of every version, such as its nodes
 * @param settings settings of the stack that replace its own
 * @returns path of the file
 */
export async function writeStack(
  folder: string,
  count: number,
  { shared = {}, settings = {} }: { readonly shared?: object; readonly settings?: Settings } = {},
): Promise<string> {
  const { config } = manyModels(count) as { config: Settings };
  const models = config["ml-platform:models"] as readonly Model[];
  const { version: _, ...common } = models[0]?.versions[0] ?? { version: "" };
  const stack = {
    ...config,
    ...settings,
    "ml-platform:modelDefaults": { ...common, ...shared },
    "ml-platform:models": models.map((model) => ({
      ...model,
      versions: model.versions.map(({ version }) => ({ version })),
    })),
  };
  const file = path.join(folder, `${count}-models.yaml`);
  await writeFile(file, stringify({ config: stack }, { aliasDuplicateObjects: false }));
  return file;
}

/** A kubeconfig of a cluster that does not exist: a preview of new resources sends no requests to it. */
export async function writeKubeconfig(folder: string): Promise<string> {
  const file = path.join(folder, "kubeconfig");
  const kubeconfig = {
    apiVersion: "v1",
    kind: "Config",
    "current-context": "nowhere",
    contexts: [{ name: "nowhere", context: { cluster: "nowhere", user: "nobody" } }],
    clusters: [{ name: "nowhere", cluster: { server: "https://127.0.0.1:9" } }],
    users: [{ name: "nobody", user: {} }],
  };
  await writeFile(file, stringify(kubeconfig));
  return file;
}
