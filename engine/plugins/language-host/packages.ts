import { existsSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import path from "node:path";
import language, { type DependencyInfo } from "@pulumi/pulumi/proto/language_pb.js";
import plugin, { type PackageDependency } from "@pulumi/pulumi/proto/plugin_pb.js";

interface Manifest {
  readonly name?: string;
  readonly version?: string;
  readonly pulumi?: {
    readonly resource?: boolean;
    readonly name?: string;
    readonly version?: string;
    readonly server?: string;
    readonly parameterization?: { readonly name: string; readonly version: string; readonly value: string };
  };
}

interface Lock {
  readonly packages?: Readonly<Record<string, { readonly version?: string }>>;
}

/**
 * The providers that a program may need: the packages in its `node_modules` with `pulumi.resource` in their package.json.
 * Policy packs in there are separate programs and are skipped.
 */
export function requiredPackages(directory: string): PackageDependency[] {
  return [...installedPackages(directory, new Set())].flatMap(dependency);
}

/**
 * The packages of the nearest package-lock.json.
 *
 * @param transitive false for only those that package.json names
 * @throws Error if there is no package-lock.json
 */
export function programDependencies(directory: string, transitive: boolean): DependencyInfo[] {
  const file = findUp(directory, "package-lock.json");
  if (file === undefined) throw new Error(`There is no package-lock.json in ${directory} or above it`);
  const { packages = {} } = json<Lock>(file) ?? {};
  const manifest = json<Record<string, Record<string, string>>>(path.join(path.dirname(file), "package.json"));
  const direct = new Set(Object.keys({ ...manifest?.["dependencies"], ...manifest?.["devDependencies"] }));
  return Object.entries(packages).flatMap(([place, { version }]) => {
    const [, name] = /^(?:.*\/)?node_modules\/((?:@[^/]+\/)?[^/]+)$/.exec(place) ?? [];
    if (name === undefined || version === undefined) return [];
    if (!transitive && !(direct.has(name) && place === `node_modules/${name}`)) return [];
    const info = new language.DependencyInfo();
    info.setName(name);
    info.setVersion(version);
    return [info];
  });
}

/** Directories of the packages in a directory's `node_modules`, and in those of these packages. */
function* installedPackages(directory: string, visited: Set<string>): Generator<string> {
  const modules = path.join(directory, "node_modules");
  for (const name of entries(modules)) {
    const found = name.startsWith("@")
      ? entries(path.join(modules, name)).map((scoped) => path.join(name, scoped))
      : [name];
    for (const relative of found) {
      const place = real(path.join(modules, relative));
      if (place === undefined || visited.has(place) || existsSync(path.join(place, "PulumiPolicy.yaml"))) continue;
      visited.add(place);
      yield place;
      yield* installedPackages(place, visited);
    }
  }
}

function dependency(directory: string): PackageDependency[] {
  const manifest = json<Manifest>(path.join(directory, "package.json"));
  const { pulumi } = manifest ?? {};
  if (!pulumi?.resource) return [];
  const [, ofPulumi] = /^@pulumi\/(.+)$/.exec(manifest?.name ?? "") ?? [];
  const name = pulumi.name ?? ofPulumi;
  const version = pulumi.version ?? manifest?.version;
  if (name === undefined || version === undefined) return [];
  const found = new plugin.PackageDependency();
  found.setName(name);
  found.setKind("resource");
  found.setVersion(version.startsWith("v") ? version : `v${version}`);
  found.setServer(pulumi.server ?? "");
  if (pulumi.parameterization !== undefined) {
    const parameters = new plugin.PackageParameterization();
    parameters.setName(pulumi.parameterization.name);
    parameters.setVersion(pulumi.parameterization.version);
    parameters.setValue(pulumi.parameterization.value);
    found.setParameterization(parameters);
  }
  return [found];
}

function findUp(directory: string, file: string): string | undefined {
  const place = path.join(directory, file);
  if (existsSync(place)) return place;
  const above = path.dirname(directory);
  return above === directory ? undefined : findUp(above, file);
}

function entries(directory: string): string[] {
  try {
    return readdirSync(directory).filter((name) => !name.startsWith("."));
  } catch {
    return [];
  }
}

function real(place: string): string | undefined {
  try {
    return realpathSync(place);
  } catch {
    return undefined;
  }
}

function json<T>(file: string): T | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}
