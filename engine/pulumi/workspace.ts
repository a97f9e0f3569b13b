import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import path from "node:path";
import { Document, parse } from "yaml";
import { z } from "zod";
import { UserError } from "../../common/errors.ts";
import { repositoryRoot } from "../../common/paths.ts";
import type { Settings } from "../../render/layers.ts";
import { readStackFiles, StackFileError } from "../../render/stack-file.ts";
import { toYaml } from "../../render/yaml.ts";

/** A deployment from this machine: the stack files, and the settings that this machine adds. */
const Deployment = z.object({
  /** Absolute paths; later files are merged over earlier ones. */
  configFiles: z.array(z.string()),
  images: z.object({ inference: z.string(), trainer: z.string() }),
  cluster: z.object({ kubeconfig: z.string(), context: z.string().optional(), identifier: z.string() }),
});
export type Deployment = z.infer<typeof Deployment>;

/** Settings that this machine determines; they override the stack file. */
export const DECIDED_HERE = ["images", "cluster"] as const;

/**
 * The engine's files for the stacks of one cluster, outside of the checkout: its state, the passphrase of the secrets in the
 * state, and the settings that each stack was deployed with.
 */
export class Workspace {
  readonly root: string;

  /** @param stateDirectory folder of one cluster's deployments */
  constructor(stateDirectory: string) {
    this.root = path.join(stateDirectory, "pulumi");
  }

  /** Folder of the stack files that the engine reads, with a `Pulumi.yaml` of the project's name. */
  get directory(): string {
    return path.join(this.root, "project");
  }

  /** Pulumi home of a CLI that was built here. */
  get home(): string {
    return path.join(this.root, "home");
  }

  /** The file that the engine reads a stack's settings from. */
  stackFile(stack: string): string {
    return path.join(this.directory, `Pulumi.${stack}.yaml`);
  }

  /** Settings that stay on this machine and override the stack's files: secrets encrypted with this machine's passphrase. */
  localFile(stack: string): string {
    return path.join(this.directory, `${stack}.local.yaml`);
  }

  /** A file that exists while the stack is being changed, and after a change that was interrupted. */
  unfinishedFile(stack: string): string {
    return path.join(this.directory, `${stack}.unfinished`);
  }

  /** Whether the last change of the stack was interrupted. */
  async isUnfinished(stack: string): Promise<boolean> {
    return existsSync(this.unfinishedFile(stack));
  }

  /** Whether the engine has state of the stack. */
  async knows(stack: string): Promise<boolean> {
    return existsSync(path.join(this.state, ".pulumi", "stacks", await projectName(), `${stack}.json`));
  }

  /** Folder of the locks that the engine holds while it changes a stack. */
  async locks(stack: string): Promise<string> {
    return path.join(this.state, ".pulumi", "locks", "organization", await projectName(), stack);
  }

  private get state(): string {
    return path.join(this.root, "state");
  }

  /** The environment of the CLI: local state, a passphrase that only its owner can read, and the stack. */
  async environment(stack: string): Promise<Record<string, string | undefined>> {
    await this.make();
    return {
      PULUMI_BACKEND_URL: `file://${this.state}`,
      PULUMI_STACK: stack,
      // The user's own passphrase would take precedence over the file.
      PULUMI_CONFIG_PASSPHRASE: undefined,
      PULUMI_CONFIG_PASSPHRASE_FILE: await this.passphraseFile(),
      PULUMI_SKIP_UPDATE_CHECK: "true",
      // Makes the program take over fields that were changed by hand.
      PULUMI_K8S_ENABLE_PATCH_FORCE: "true",
    };
  }

  /** The last deployment of a stack; undefined if it was never deployed, or was removed. */
  async deployment(stack: string): Promise<Deployment | undefined> {
    if (!(await this.knows(stack))) return undefined;
    const text = await readFile(this.deploymentFile(stack), "utf8").catch(() => undefined);
    return text === undefined ? undefined : Deployment.parse(JSON.parse(text));
  }

  /**
   * Writes the file that the engine reads a stack's settings from, from the stack's current files.
   *
   * @throws UserError if one of them cannot be read
   */
  async write(stack: string, deployment: Deployment): Promise<void> {
    await this.make();
    await replaceFile(this.deploymentFile(stack), JSON.stringify(deployment, undefined, 2));
    const name = await projectName();
    await replaceFile(path.join(this.directory, "Pulumi.yaml"), toYaml({ name, runtime: "nodejs" }));
    const local = existsSync(this.localFile(stack)) ? [this.localFile(stack)] : [];
    const settings = new Document(await layered(name, [...deployment.configFiles, ...local]));
    for (const key of DECIDED_HERE) settings.setIn(["config", `${name}:${key}`], deployment[key]);
    // The CLI keeps the salt of the secrets' encryption in this file.
    const salt: unknown = parse(await readFile(this.stackFile(stack), "utf8").catch(() => ""))?.encryptionsalt;
    if (salt !== undefined) settings.set("encryptionsalt", salt);
    await replaceFile(this.stackFile(stack), toYaml(settings.toJS()));
  }

  private deploymentFile(stack: string): string {
    return path.join(this.directory, `${stack}.json`);
  }

  private async make(): Promise<void> {
    for (const folder of [this.directory, this.state, this.home]) await mkdir(folder, { recursive: true, mode: 0o700 });
  }

  /** The file with the passphrase, created on first use. */
  private async passphraseFile(): Promise<string> {
    const file = path.join(this.root, "passphrase");
    await writeFile(file, randomBytes(32).toString("base64url"), { mode: 0o600, flag: "wx" }).catch(
      (error: NodeJS.ErrnoException) => {
        if (error.code !== "EEXIST") throw error;
      },
    );
    return file;
  }
}

/** The name of the Pulumi project, which is the prefix of its settings. */
export async function projectName(): Promise<string> {
  const project: unknown = parse(await readFile(path.join(repositoryRoot, "Pulumi.yaml"), "utf8"));
  return z.object({ name: z.string() }).parse(project).name;
}

/** Writes a file atomically, so that no reader sees an incomplete one. */
async function replaceFile(file: string, text: string): Promise<void> {
  const temporary = `${file}.${process.pid}`;
  await writeFile(temporary, text, { mode: 0o600 });
  await rename(temporary, file);
}

async function layered(project: string, files: readonly string[]): Promise<Settings> {
  return readStackFiles(project, files).catch((error: unknown) => {
    if (!(error instanceof StackFileError)) throw error;
    throw new UserError(error.message, "fix the stack file");
  });
}
