import type {
  EnforcementLevel,
  PolicyConfigSchema,
  ResourceValidationArgs,
  ResourceValidationPolicy,
  Severity,
} from "@pulumi/policy";
import { describeObject, type KubernetesObject, matches } from "./objects/object.ts";
import { objectOf } from "./objects/resource.ts";

/** The schema of a policy's settings. */
export type Properties = PolicyConfigSchema["properties"];

/** A setting that is a list of strings. */
export function listOfTexts(description: string, defaults: readonly string[]): Properties[string] {
  return { type: "array", items: { type: "string" }, default: [...defaults], description };
}

/** One rule of the pack, for objects of Kubernetes. */
export interface Rule<Config extends object> {
  readonly name: string;
  readonly description: string;
  readonly enforcementLevel: EnforcementLevel;
  readonly severity: Severity;
  readonly remediationSteps: string;
  /** Its settings besides `exempt`, each with a default or optional. @default none */
  readonly properties?: Properties;
  /** The violations of an object, one line each. */
  readonly violations: (object: KubernetesObject, config: Config, args: ResourceValidationArgs) => string[];
}

/** A rule as a Pulumi policy, with the setting `exempt` that every policy has. */
export function policyOf<Config extends object>(rule: Rule<Config>): ResourceValidationPolicy {
  const { violations, properties, ...policy } = rule;
  const exemptions = listOfTexts(
    "Objects that are exempt, as `<kind> <namespace>/<name>`; `*` for any characters.",
    [],
  );
  return {
    ...policy,
    configSchema: { properties: { exempt: exemptions, ...properties } },
    validateResource: (args, report) => {
      const object = objectOf(args);
      if (object === undefined) return;
      const config = args.getConfig<Config & { readonly exempt?: readonly string[] }>();
      if (matches(config.exempt ?? [], describeObject(object))) return;
      for (const line of violations(object, config, args)) report(line);
    },
  };
}
