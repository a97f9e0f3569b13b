import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { ConfigError, type ConfigProblem, resolveWithSecrets, type Stack } from "../config/index.ts";
import { createStack, type StackOutputs } from "../stack.ts";
import { PLATFORM } from "./schema.ts";

/** What a program in any language passes: the settings of a stack file, and the values of its secrets. */
interface PlatformInputs extends pulumi.Inputs {
  /** Values by the names that secrets refer to by `config`. */
  readonly secretValues?: pulumi.Input<Readonly<Record<string, pulumi.Input<string>>>>;
}

/** A whole stack as one component, for programs in any language. */
export class Platform extends pulumi.ComponentResource {
  readonly namespaceName: StackOutputs["namespaceName"];
  readonly cost: StackOutputs["cost"];

  /**
   * @param options with a provider for Kubernetes everything is created by it, and the setting `cluster` has no use
   * @throws pulumi.RunError naming every wrong setting by its path
   */
  constructor(name: string, inputs: PlatformInputs, options: pulumi.ComponentResourceOptions = {}) {
    super(PLATFORM, name, {}, options);
    const provider = this.getProvider("kubernetes::") as k8s.Provider | undefined;
    const { namespaceName, cost } = createStack(readInputs(name, inputs), {
      parent: this,
      ...(provider === undefined ? {} : { provider }),
    });
    this.namespaceName = namespaceName;
    this.cost = cost;
    this.registerOutputs({ namespaceName, cost });
  }
}

/** Resolves and checks the settings. @throws pulumi.RunError naming every wrong one by its path */
export function readInputs(name: string, { secretValues = {}, ...settings }: PlatformInputs): Stack {
  const source = `Platform ${name}`;
  try {
    const unknown = Object.entries(settings).flatMap(([key, value]) => unknownValues(value, key));
    if (unknown.length > 0) throw new ConfigError(source, unknown);
    const value = (key: string) => secretValue(secretValues, key, source);
    const resolved = resolveWithSecrets(name, settings, source, {
      value,
      remedy: (key) => `add ${key} to secretValues`,
    });
    if ("registry" in resolved.stack.images) throw new ConfigError(source, [UNBUILT]);
    return resolved;
  } catch (error) {
    throw error instanceof ConfigError ? new pulumi.RunError(error.message) : error;
  }
}

/** The value of a secret; undefined if there is none. If all values are the output of a resource, that is found out later. */
function secretValue(values: NonNullable<PlatformInputs["secretValues"]>, key: string, source: string) {
  if (!pulumi.Output.isInstance(values) && !(values instanceof Promise)) {
    return values[key] === undefined ? undefined : pulumi.secret(values[key]);
  }
  return pulumi.secret(values).apply((known) => {
    const found = known[key];
    if (found === undefined) throw new pulumi.RunError(`${source}: secretValues.${key}: is missing; add the value`);
    return found;
  });
}

const UNBUILT: ConfigProblem = {
  path: "images.registry",
  message:
    "a package builds no images; build and push them with the project's own program, and give their references in images.inference and images.trainer",
};

/** Outputs of other resources in settings, which are checked before anything is created. */
function unknownValues(value: unknown, path: string): ConfigProblem[] {
  if (pulumi.Output.isInstance(value)) {
    const message =
      "is the output of a resource, or secret, but settings must be plain; pass secret values in secretValues, and a cluster by the option `provider`";
    return [{ path, message }];
  }
  if (Array.isArray(value)) return value.flatMap((item, index) => unknownValues(item, `${path}[${index}]`));
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => unknownValues(item, `${path}.${key}`));
}
