import type { ResolvedStack } from "../../resolve/stack.ts";
import type { DeploymentWorkload } from "../../resolve/workloads.ts";
import type { ConfigProblem } from "../problem.ts";

/** An autoscaler's targets are percentages of the requests; without a request it never scales. */
export function checkAutoscaling({ workloads, apiGateway }: ResolvedStack): ConfigProblem[] {
  const queueDepth =
    apiGateway?.autoscaling?.queueDepth === undefined
      ? []
      : [{ path: "apiGateway.autoscaling.queueDepth", message: "is a metric of the models' servers; leave it out" }];
  return [...workloads.deployments.flatMap(checkTargets), ...queueDepth];
}

function checkTargets({ path, autoscaling, containers }: DeploymentWorkload): ConfigProblem[] {
  const targets = { cpu: "cpuUtilization", memory: "memoryUtilization" } as const;
  const settings = Object.entries(targets).flatMap(([resource, target]) =>
    autoscaling?.[target] === undefined ? [] : [{ resource, setting: target as string }],
  );
  const triggers = (autoscaling?.keda?.triggers ?? []).flatMap(({ type, metricType }, index) =>
    type in targets && metricType === "Utilization" ? [{ resource: type, setting: `keda.triggers[${index}]` }] : [],
  );
  return [...settings, ...triggers].flatMap(({ resource, setting }) => {
    const message = `is missing, but ${path}.autoscaling.${setting} is a percentage of it; set it`;
    return containers
      .filter(({ resources }) => resources.requests[resource] === undefined)
      .map((container) => ({ path: `${container.path}.requests.${resource}`, message }));
  });
}
