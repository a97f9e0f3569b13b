import { createRequire } from "node:module";
import path from "node:path";
import type { ProgramInfo } from "@pulumi/pulumi/proto/language_pb.js";

/** The runtime options of Pulumi.yaml or PulumiPolicy.yaml, with their defaults. */
export interface RuntimeOptions {
  /** Whether the SDK compiles the program with ts-node. @default true */
  readonly typescript: boolean;
  /** Path of the tsconfig.json that ts-node uses. */
  readonly tsconfig?: string;
  /** Arguments of Node.js itself. @default none */
  readonly nodeArguments: readonly string[];
  /** The package manager that installs dependencies. @default npm */
  readonly packageManager: string;
  /** Whether development dependencies are left out. @default false */
  readonly production: boolean;
}

/** Reads the runtime options. @throws Error if an option has the wrong type */
export function runtimeOptions(info: ProgramInfo | undefined): RuntimeOptions {
  const options: Record<string, unknown> = info?.getOptions()?.toJavaScript() ?? {};
  const text = (name: string) => checked(options, name, (value) => typeof value === "string", "a string");
  const flag = (name: string) => checked(options, name, (value) => typeof value === "boolean", "a boolean");
  const tsconfig = text("tsconfig");
  const packageManager = text("packagemanager") ?? "auto";
  return {
    typescript: flag("typescript") ?? true,
    ...(tsconfig === undefined ? {} : { tsconfig }),
    nodeArguments: words(text("nodeargs") ?? ""),
    packageManager: packageManager === "auto" ? "npm" : packageManager,
    production: flag("production") ?? false,
  };
}

/** The environment variables from which the SDK reads the options. */
export function optionsEnvironment({ typescript, tsconfig }: RuntimeOptions): Record<string, string> {
  return {
    ...(typescript ? { PULUMI_NODEJS_TYPESCRIPT: "true" } : {}),
    ...(tsconfig === undefined ? {} : { PULUMI_NODEJS_TSCONFIG_PATH: tsconfig }),
  };
}

/**
 * The file of a module of the SDK, resolved from a program's directory.
 *
 * @throws Error if the program has no SDK installed
 */
export function sdkModule(module: string, directory: string): string {
  try {
    return createRequire(path.join(directory, "index.js")).resolve(module);
  } catch (cause) {
    const what = `It looks like the Pulumi SDK has not been installed in ${directory}. Have you run npm ci?`;
    throw new Error(what, { cause });
  }
}

function checked<T>(
  options: Record<string, unknown>,
  name: string,
  is: (value: unknown) => value is T,
  type: string,
): T | undefined {
  const value = options[name];
  if (value === undefined || is(value)) return value;
  throw new Error(`The runtime option ${name} must be ${type}`);
}

/** Splits a command line into words; quotes keep spaces. */
function words(line: string): string[] {
  const found = line.match(/(?:[^\s"']|"[^"]*"|'[^']*')+/g) ?? [];
  return found.map((word) => word.replaceAll(/"([^"]*)"|'([^']*)'/g, "$1$2"));
}
