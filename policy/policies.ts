import type { ResourceValidationArgs, ResourceValidationPolicy } from "@pulumi/policy";
import { matches } from "./objects/object.ts";
import { objectOf, withMarkedOutputs } from "./objects/resource.ts";
import { listOfTexts, type Properties, policyOf, type Rule } from "./rule.ts";
import { claimViolations } from "./rules/claims.ts";
import { credentialViolations, NO_CREDENTIALS } from "./rules/credentials.ts";
import { imageViolations } from "./rules/images.ts";
import { loadBalancerViolations } from "./rules/load-balancers.ts";
import { HOST_PATHS, podSecurityViolations } from "./rules/pod-security.ts";
import { resourceViolations } from "./rules/resources.ts";
import { secretViolations } from "./rules/secrets.ts";

/** Which environments count as production. */
interface ProductionConfig {
  /** Environment of the stack. @default the stack's own setting `environment` */
  readonly environment?: string;
  /** Environments that are production, `*` matches any characters. @default {@link PRODUCTION_ENVIRONMENTS} */
  readonly production?: readonly string[];
}

/** Environments that are production by default. */
const PRODUCTION_ENVIRONMENTS = ["prod", "production"] as const;

const PRODUCTION: Properties = {
  environment: { type: "string", description: "Environment of the stack. Default: its own setting `environment`." },
  production: listOfTexts("Environments that are production; `*` matches any characters.", PRODUCTION_ENVIRONMENTS),
};

const PIN =
  "Name images by digest, as NAME:TAG@sha256:… (images that `pulumi up` builds have one); `skopeo inspect` or `docker buildx imagetools inspect` tell it.";

/**
 * The policies of the pack. docs/policies.md explains them and how to make exceptions.
 *
 * @param stackEnvironment the stack's setting `environment`; a stack without one counts as production
 */
export function policies(stackEnvironment: string | undefined): ResourceValidationPolicy[] {
  const isProduction = ({ environment = stackEnvironment, production = PRODUCTION_ENVIRONMENTS }: ProductionConfig) =>
    environment === undefined || matches(production, environment);

  const pinnedImages: Rule<ProductionConfig> = {
    name: "pinned-images",
    description: "Images in production are pinned by digest.",
    enforcementLevel: "mandatory",
    severity: "high",
    remediationSteps: PIN,
    properties: PRODUCTION,
    violations: (object, config) => (isProduction(config) ? imageViolations(object, "pulled") : []),
  };
  const pinnedImagesAdvice: Rule<ProductionConfig> = {
    ...pinnedImages,
    name: "pinned-images-advice",
    description: "Images outside production, and those built on this machine, are better pinned by digest.",
    enforcementLevel: "advisory",
    severity: "low",
    violations: (object, config) => imageViolations(object, isProduction(config) ? "local" : "all"),
  };
  const protectedClaims: Rule<ProductionConfig> = {
    name: "protected-claims",
    description: "Claims in production are protected from deletion.",
    enforcementLevel: "mandatory",
    severity: "critical",
    remediationSteps: "Set `storage.protect: true` in the stack file, or the resource option `protect: true`.",
    properties: PRODUCTION,
    violations: (object, config) => (isProduction(config) ? claimViolations(object) : []),
  };
  const boundedContainers: Rule<object> = {
    name: "bounded-containers",
    description: "Containers say what CPU and memory they need, and the most memory they may take.",
    enforcementLevel: "mandatory",
    severity: "medium",
    remediationSteps: "Set `resources.requests.cpu`, `resources.requests.memory` and `resources.limits.memory`.",
    violations: resourceViolations,
  };
  const plainCredentials: Rule<{ readonly allowedNames?: readonly string[] }> = {
    name: "no-plain-credentials",
    description: "Credentials are in Secrets, not in environment variables or ConfigMaps.",
    enforcementLevel: "mandatory",
    severity: "critical",
    remediationSteps:
      "Put the value into a Secret, and name its key with `valueFrom.secretKeyRef` (`secretEnvironment`).",
    properties: {
      allowedNames: listOfTexts(
        "Names that look like those of credentials and are none, as UPPER_CASE; `*` matches any characters.",
        NO_CREDENTIALS,
      ),
    },
    violations: (object, { allowedNames }) => credentialViolations(object, allowedNames),
  };
  const podSecurity: Rule<{ readonly hostPaths?: readonly string[] }> = {
    name: "no-privileged-pods",
    description: "Pods have no privileges on their node.",
    enforcementLevel: "mandatory",
    severity: "critical",
    remediationSteps:
      "Run as an ordinary user with allowPrivilegeEscalation: false, without the node's namespaces and folders.",
    properties: {
      hostPaths: listOfTexts(
        "Folders of the node that a pod may mount, as `<kind> <namespace>/<name> <path>`; `*` matches any characters.",
        HOST_PATHS,
      ),
    },
    violations: (object, { hostPaths }) => podSecurityViolations(object, hostPaths),
  };
  const loadBalancers: Rule<object> = {
    name: "no-open-load-balancers",
    description: "Load balancers are internal, or say which networks may reach them.",
    enforcementLevel: "mandatory",
    severity: "high",
    remediationSteps: "Set `spec.loadBalancerSourceRanges`, or the cloud's annotation for an internal load balancer.",
    violations: loadBalancerViolations,
  };
  return [
    policyOf(pinnedImages),
    policyOf(pinnedImagesAdvice),
    policyOf(boundedContainers),
    policyOf(protectedClaims),
    plainSecrets(),
    policyOf(plainCredentials),
    policyOf(podSecurity),
    policyOf(loadBalancers),
  ];
}

/**
 * Its level is `remediate`, although it changes nothing, because only then does the SDK show which values are marked secret.
 * Pulumi treats a violation at this level as mandatory. At another level it checks the marks of the outputs instead.
 */
function plainSecrets(): ResourceValidationPolicy {
  const byUrn = new Map<string, string[]>();
  const policy = policyOf<object>({
    name: "no-plain-secrets",
    description: "Values of Secrets are marked secret, so that the state has them encrypted.",
    enforcementLevel: "remediate",
    severity: "critical",
    remediationSteps: "Wrap the values in `pulumi.secret(…)`, or take them from `pulumi config set --secret`.",
    violations: (object, _config, { urn, opts }) =>
      byUrn.get(urn) ?? secretViolations(withMarkedOutputs(object, opts.additionalSecretOutputs)),
  });
  const remediateResource = (args: ResourceValidationArgs): void => {
    const object = objectOf(args);
    if (object !== undefined) byUrn.set(args.urn, secretViolations(object));
  };
  return { ...policy, remediateResource };
}
