import type { ResolvedStack } from "../resolve/stack.ts";
import type { DeploymentWorkload } from "../resolve/workloads.ts";
import type { ConfigProblem } from "./problem.ts";

/** An autoscaler's targets are percentages of the requests; without a request it never scales. */
export function checkAutoscaling({ workloads }: ResolvedStack): ConfigProblem[] {
  return workloads.deployments.flatMap(checkTargets);
}

function checkTargets({ path, autoscaling, containers }: DeploymentWorkload): ConfigProblem[] {
  const targets = { cpu: "cpuUtilization", memory: "memoryUtilization" } as const;
  return Object.entries(targets).flatMap(([resource, target]) => {
    if (autoscaling?.[target] === undefined) return [];
    const message = `is missing, but ${path}.autoscaling.${target} is a percentage of it; set it`;
    return containers
      .filter(({ resources }) => resources.requests[resource] === undefined)
      .map((container) => ({ path: `${container.path}.requests.${resource}`, message }));
  });
}
