import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "chai";
import { parse, parseDocument } from "yaml";
import { describeSteps, type PreviewStep } from "../../../engine/pulumi/preview.ts";
import { type Cluster, destroyStack, devCluster, local, pulumi, repository } from "../support/cluster.ts";

/** A copy of the dev stack with its own name, namespace and host, deployed beside it. */
export interface EngineStack {
  readonly cluster: Cluster;
  readonly name: string;
  readonly namespace: string;
  /** Its stack file. */
  readonly file: string;
  /** Runs the CLI on the stack, and expects success. @returns the output */
  cli(...args: readonly string[]): Promise<string>;
  /** Runs the CLI on the stack, and expects failure. @returns the output */
  refused(...args: readonly string[]): Promise<string>;
  /** A preview, with one line for each object that changes. */
  preview(...args: readonly string[]): Promise<string[]>;
  /** The arguments of `up` for the stack. */
  readonly upArguments: readonly string[];
  /** Runs `npm run up` on the stack, and expects success. @returns the output */
  up(...args: readonly string[]): Promise<string>;
  /** Changes a setting in the stack file, by its key without the project's name; undefined removes it. */
  set(place: readonly (string | number)[], value: unknown): Promise<void>;
  /** Reads a setting from the stack file. */
  setting(name: string): Promise<unknown>;
  /** Destroys the stack. */
  remove(): Promise<void>;
}

/** A stack with the settings of dev plus the given ones. */
export async function engineStack(
  name: string,
  settings: Readonly<Record<string, unknown>> = {},
): Promise<EngineStack> {
  const cluster = await devCluster();
  const namespace = `ml-${name}`;
  const file = path.join(cluster.folder, `Pulumi.${name}.yaml`);
  await writeFile(file, await readFile(path.join(repository, "Pulumi.dev.yaml"), "utf8"));

  const set = async (place: readonly (string | number)[], value: unknown) => {
    const document = parseDocument(await readFile(file, "utf8"));
    const keys = ["config", `ml-platform:${place[0]}`, ...place.slice(1)];
    if (value === undefined) document.deleteIn(keys);
    else document.setIn(keys, value);
    await writeFile(file, document.toString());
  };
  await set(["namespace", "name"], namespace);
  for (const index of [0, 1, 2]) await set(["models", index, "traffic", "hosts"], [`${name}.example.com`]);
  for (const [key, value] of Object.entries(settings)) await set([key], value);

  let removed = false;
  const upArguments = ["--stack", name, "--config-file", file];
  const cli = async (...args: readonly string[]) => {
    const { exitCode, all } = await pulumi(...args, "--stack", name);
    expect(exitCode, all).to.equal(0);
    return all;
  };
  return {
    cluster,
    name,
    namespace,
    file,
    cli,
    refused: async (...args) => {
      const { exitCode, all } = await pulumi(...args, "--stack", name);
      expect(exitCode, all).not.to.equal(0);
      return all;
    },
    preview: async (...args) => {
      const { exitCode, stdout, all } = await pulumi("preview", "--json", ...args, "--stack", name);
      expect(exitCode, all).to.equal(0);
      return describeSteps((JSON.parse(stdout) as { steps?: PreviewStep[] }).steps ?? []);
    },
    upArguments,
    up: async (...args) => {
      const { exitCode, all } = await local("up", ...upArguments, ...args);
      expect(exitCode, all).to.equal(0);
      return all;
    },
    set,
    setting: async (key) => parse(await readFile(file, "utf8")).config[`ml-platform:${key}`],
    remove: async () => {
      if (!removed) await destroyStack(name);
      removed = true;
    },
  };
}
