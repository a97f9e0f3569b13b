import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "chai";
import { parse, stringify } from "yaml";
import { type Cluster, local, repository } from "./cluster.ts";

const DEV = path.join(repository, "Pulumi.dev.yaml");
let files = 0;

/** Arguments of `up` for the dev stack with overrides, by key without the project's name. */
export function devStackWith(cluster: Cluster, settings: Readonly<Record<string, unknown>>): Promise<string[]> {
  return layered(cluster, { config: prefixed(settings) }, DEV);
}

/** Arguments of `up` for the dev stack with changed settings. */
export async function devStackChanged(
  cluster: Cluster,
  change: (settings: Record<string, unknown>) => Record<string, unknown>,
): Promise<string[]> {
  const { config } = parse(await readFile(DEV, "utf8")) as { config: Record<string, unknown> };
  const settings = Object.fromEntries(Object.entries(config).map(([key, value]) => [key.replace(/^.*:/, ""), value]));
  return layered(cluster, { config: prefixed(change(settings)) });
}

/** Arguments of `up` for a stack with the given settings, by key without the project's name; null removes a setting. */
export function stackOf(cluster: Cluster, settings: Readonly<Record<string, unknown>>): Promise<string[]> {
  const given = Object.entries(settings).filter(([, value]) => value !== null);
  return layered(cluster, { config: prefixed(Object.fromEntries(given)) });
}

async function layered({ folder }: Cluster, stack: object, ...below: readonly string[]): Promise<string[]> {
  files += 1;
  const file = path.join(folder, `stack-${files}.yaml`);
  await writeFile(file, stringify(stack));
  return [...below, file].flatMap((each) => ["--config-file", each]);
}

function prefixed(settings: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(settings).map(([key, value]) => [`ml-platform:${key}`, value]));
}

/** Deploys a stack, expects success, and returns the changes, one line for each object. */
export async function deploy(...args: readonly string[]): Promise<string[]> {
  const { exitCode, all = "" } = await local("up", ...args);
  expect(exitCode, all).to.equal(0);
  return all.split("\n").flatMap((line) => /^ {2}([-+~±] .*)$/.exec(line)?.[1] ?? []);
}
