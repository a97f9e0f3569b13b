import { defaultApiGatewayResources, defaultServerResources } from "../../components/defaults.ts";
import type { Resources } from "../../components/kubernetes/pod.ts";
import type { StackConfig } from "../schema/stack.ts";
import { countedResources } from "./limit-range.ts";
import type { ConfigProblem } from "./problem.ts";

/** A Deployment that may scale. */
interface Scaled {
  readonly autoscaling?: { readonly cpuUtilization?: number; readonly memoryUtilization?: number };
  readonly resources?: Resources;
}

/** An autoscaler's targets are shares of the requests: without a request it has nothing to go by, and never scales. */
export function checkAutoscaling(config: StackConfig): ConfigProblem[] {
  const { models, apiGateway } = config;
  return [
    ...models.flatMap(({ versions }, index) =>
      versions.flatMap((version, position) =>
        checkTargets(config, version, defaultServerResources, `models[${index}].versions[${position}]`),
      ),
    ),
    ...(apiGateway === undefined ? [] : checkTargets(config, apiGateway, defaultApiGatewayResources, "apiGateway")),
  ];
}

function checkTargets(
  config: StackConfig,
  { autoscaling, resources }: Scaled,
  defaults: Resources,
  path: string,
): ConfigProblem[] {
  if (autoscaling === undefined) return [];
  const { cpuUtilization, memoryUtilization } = autoscaling;
  const targets = {
    ...(cpuUtilization !== undefined || memoryUtilization === undefined ? { cpu: "cpuUtilization" } : {}),
    ...(memoryUtilization === undefined ? {} : { memory: "memoryUtilization" }),
  };
  const { requests } = countedResources(resources ?? defaults, config.namespace.limitRange);
  return Object.entries(targets).flatMap(([resource, target]) =>
    requests[resource] === undefined
      ? [
          {
            path: `${path}.resources.requests.${resource}`,
            message: `is missing, and ${path}.autoscaling.${target} is a share of it; give one`,
          },
        ]
      : [],
  );
}
