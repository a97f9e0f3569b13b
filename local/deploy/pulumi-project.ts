import { randomBytes } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { Document, parse, parseDocument } from "yaml";
import type { Settings } from "../../render/layers.ts";
import { readStackFiles, StackFileError } from "../../render/stack-file.ts";
import { toYaml } from "../../render/yaml.ts";
import { UserError } from "../errors.ts";
import { repositoryRoot } from "../paths.ts";
import type { DeployOptions } from "./options.ts";

/** A Pulumi project of this machine's own around the program, so that a deployment leaves the checkout as it is. */
export interface PulumiProject {
  /** Folder with `Pulumi.yaml` and the stack's file. */
  readonly directory: string;
  /** Environment that the CLI runs with: local state, and a passphrase that only the owner can read. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/**
 * Writes the project: `Pulumi.yaml` with the checkout as its program, and the stack file with the images and the
 * cluster of this deployment.
 */
export async function writeProject(options: DeployOptions): Promise<PulumiProject> {
  const root = path.join(options.stateDirectory, "pulumi");
  const directory = path.join(root, "project");
  const state = path.join(root, "state");
  for (const folder of [directory, state]) await mkdir(folder, { recursive: true, mode: 0o700 });

  const project = parseDocument(await readFile(path.join(repositoryRoot, "Pulumi.yaml"), "utf8"));
  project.set("main", repositoryRoot);
  await writeFile(path.join(directory, "Pulumi.yaml"), project.toString());

  const name = String(project.get("name"));
  const given = options.configFiles ?? [path.join(repositoryRoot, `Pulumi.${options.stack}.yaml`)];
  const stack = new Document(await layered(name, given));
  const { kubeconfig, context } = options.kubectl;
  stack.setIn(["config", `${name}:images`], { ...options.images });
  stack.setIn(["config", `${name}:cluster`], {
    kubeconfig,
    ...(context === undefined ? {} : { context }),
    // The kubeconfig is written anew with every start; it is still the same cluster.
    identifier: context ?? "embedded",
  });
  const file = path.join(directory, `Pulumi.${options.stack}.yaml`);
  // The CLI keeps in this file what the state's secrets are encrypted with.
  const salt: unknown = parse(await readFile(file, "utf8").catch(() => ""))?.encryptionsalt;
  if (salt !== undefined) stack.set("encryptionsalt", salt);
  await writeFile(file, toYaml(stack.toJS()));

  return {
    directory,
    environment: {
      PULUMI_BACKEND_URL: `file://${state}`,
      // The person's own passphrase would win over the file.
      PULUMI_CONFIG_PASSPHRASE: undefined,
      PULUMI_CONFIG_PASSPHRASE_FILE: await passphraseFile(root),
      PULUMI_SKIP_UPDATE_CHECK: "true",
    },
  };
}

async function layered(project: string, files: readonly string[]): Promise<Settings> {
  return readStackFiles(project, files).catch((error: unknown) => {
    if (!(error instanceof StackFileError)) throw error;
    throw new UserError(error.message, "mend the stack file");
  });
}

/** A file with a passphrase, made on first use. */
async function passphraseFile(root: string): Promise<string> {
  const file = path.join(root, "passphrase");
  await writeFile(file, randomBytes(32).toString("base64url"), { mode: 0o600, flag: "wx" }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error;
    },
  );
  return file;
}
