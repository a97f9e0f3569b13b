import type { WrittenStack } from "../schema/stack.ts";
import type { ConfigProblem } from "./problem.ts";

/** Settings of a canary where there is none. Only the stack as it is written shows them: a resolved route has a weight of 0. */
export function checkUnusedCanary({ models }: WrittenStack): ConfigProblem[] {
  return models.flatMap(({ traffic }, index) => {
    if (traffic === undefined || traffic.canary !== undefined) return [];
    const unused = (["canaryWeight", "canaryHeader"] as const).filter((setting) => traffic[setting] !== undefined);
    return unused.map((setting) => ({
      path: `models[${index}].traffic.${setting}`,
      message: "needs a canary to send requests to; name one, or leave it out",
    }));
  });
}
