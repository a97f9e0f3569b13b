import path from "node:path";
import { indexFile, METADATA_FILE, MODEL_FILE, versionDirectory } from "../../registry/layout.ts";
import { ModelName, ModelVersion, type RegistryIndex } from "../../registry/metadata.ts";
import { exists, isBare, subdirectories } from "../../registry/read.ts";

/** Folders that are not models: the index, `lost+found`, hidden folders. */
const NOT_MODELS = /^(?:registry|lost\+found|\..*)$/;

/**
 * Folders of a registry that look like models or versions but are not served: one line for each, with the remedy.
 *
 * @param published What is published there.
 */
export async function unserved(root: string, published: RegistryIndex["models"]): Promise<string[]> {
  const lines: string[] = [];
  for (const name of await folders(root)) {
    if (NOT_MODELS.test(name)) continue;
    const directory = path.join(root, name);
    const issue = ModelName.safeParse(name).error?.issues[0]?.message;
    if (issue === undefined) {
      const listed = published.find((model) => model.name === name)?.versions ?? [];
      lines.push(...(await unservedVersions(root, name, listed)));
    } else {
      lines.push(`${directory} is not served: the name of a model ${issue}`);
    }
  }
  return lines;
}

async function unservedVersions(root: string, name: string, listed: readonly string[]): Promise<string[]> {
  const lines: string[] = [];
  const versions = (await folders(path.join(root, name))).filter((one) => ModelVersion.safeParse(one).success);
  if (versions.length === 0) {
    const place = versionDirectory(root, name, "1");
    lines.push(`${path.join(root, name)} has no version: put ${MODEL_FILE} into ${place}`);
  }
  for (const version of versions) {
    const directory = versionDirectory(root, name, version);
    const isListed = listed.includes(version);
    if (await isBare(root, name, version)) {
      if (isListed) continue;
      const remedy = `npm run import -- ${path.join(directory, MODEL_FILE)} --name ${name} --models ${root}`;
      lines.push(`${directory} is not served: it has no ${METADATA_FILE}, and another version has one; ${remedy}`);
    } else if (!(await exists(path.join(directory, METADATA_FILE)))) {
      lines.push(
        `${directory} has neither ${MODEL_FILE} nor ${METADATA_FILE}: put the model there, or remove the folder`,
      );
    } else if (!isListed) {
      lines.push(
        `${directory} is not served: ${indexFile(root)} does not list it; remove that file to serve every version folder ` +
          "(training writes it again)",
      );
    }
  }
  return lines;
}

async function folders(directory: string): Promise<string[]> {
  return (await subdirectories(directory).catch(() => [])).sort();
}
