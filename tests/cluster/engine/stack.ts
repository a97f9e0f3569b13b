import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "chai";
import { parse, parseDocument } from "yaml";
import { describeSteps, type PreviewStep } from "../../../engine/pulumi/preview.ts";
import { type Cluster, destroyStack, devCluster, local, pulumi, repository } from "../support/cluster.ts";

/** The dev stack as a second one beside it: under another name, in a namespace and under a host of its own. */
export interface EngineStack {
  readonly cluster: Cluster;
  readonly name: string;
  readonly namespace: string;
  /** Its stack file. */
  readonly file: string;
  /** Runs the CLI on it, and expects that it works. @returns what the CLI says */
  cli(...args: readonly string[]): Promise<string>;
  /** Runs the CLI on it, and expects that it fails. @returns what the CLI says */
  refused(...args: readonly string[]): Promise<string>;
  /** What a preview says, one line for each object that changes. */
  preview(...args: readonly string[]): Promise<string[]>;
  /** The arguments of `up` for it. */
  readonly upArguments: readonly string[];
  /** Brings it up as a person does, and expects that it works. @returns what `up` says */
  up(...args: readonly string[]): Promise<string>;
  /** Changes its stack file, by settings without the project's name; undefined takes one out. */
  set(place: readonly (string | number)[], value: unknown): Promise<void>;
  /** A setting as its stack file has it. */
  setting(name: string): Promise<unknown>;
  /** Takes it away. */
  remove(): Promise<void>;
}

/** A stack with the settings of dev, and these. */
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
