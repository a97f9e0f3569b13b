import type { DisruptionBudgetArgs } from "../../../components/kubernetes/autoscaling-args.ts";
import type { ResolvedStack } from "../../resolve/stack.ts";
import type { ConfigProblem, Findings } from "../problem.ts";

/** A Deployment's budget, and how many pods it may have. */
interface Budgeted {
  readonly path: string;
  readonly budget: DisruptionBudgetArgs;
  readonly pods: { readonly min: number; readonly max: number };
}

/** A budget that lets no pod go stops every node drain; one that does so only at the fewest pods is pointed out. */
export function checkBudgets(stack: ResolvedStack): Findings {
  const budgeted = budgetedDeployments(stack);
  return {
    problems: budgeted.flatMap((deployment) =>
      blocked(deployment, deployment.pods.max, "so none can ever be evicted, and every node drain hangs"),
    ),
    notices: budgeted.flatMap((deployment) =>
      evictable(deployment.budget, deployment.pods.max) > 0
        ? blocked(deployment, fewest(deployment), "so none can be evicted while the autoscaler is at its minimum")
        : [],
    ),
  };
}

function budgetedDeployments({ models, apiGateway, workloads }: ResolvedStack): Budgeted[] {
  const budgets = new Map<string, DisruptionBudgetArgs | undefined>([
    ...models.flatMap(({ versions }, index) =>
      versions.map(
        (version, position) => [`models[${index}].versions[${position}]`, version.disruptionBudget] as const,
      ),
    ),
    ["apiGateway", apiGateway?.disruptionBudget] as const,
  ]);
  return workloads.deployments.flatMap(({ path, pods }) => {
    const budget = budgets.get(path);
    return budget === undefined ? [] : [{ path: `${path}.disruptionBudget`, budget, pods }];
  });
}

/** Fewest pods while there are any. */
function fewest({ pods: { min, max } }: Budgeted): number {
  return Math.min(max, Math.max(1, min));
}

function blocked({ path, budget }: Budgeted, pods: number, effect: string): ConfigProblem[] {
  if (pods === 0 || evictable(budget, pods) > 0) return [];
  const { minAvailable } = budget;
  const [setting, what, remedy] =
    minAvailable === undefined
      ? ["maxUnavailable", `lets none of ${pods} pods go`, "raise it"]
      : ["minAvailable", `keeps ${portion(minAvailable, pods)} of ${pods} pods`, "lower it, or have more pods"];
  return [{ path: `${path}.${setting}`, message: `${what}, ${effect}; ${remedy}` }];
}

/** How many of some pods may be evicted. */
function evictable({ minAvailable, maxUnavailable = 0 }: DisruptionBudgetArgs, pods: number): number {
  return minAvailable === undefined ? portion(maxUnavailable, pods) : pods - portion(minAvailable, pods);
}

/** A number of pods, or a share of them, which Kubernetes rounds up. */
function portion(amount: number | string, pods: number): number {
  return typeof amount === "number" ? amount : Math.ceil((pods * Number.parseFloat(amount)) / 100);
}
