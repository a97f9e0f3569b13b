import { LATENCY_BUCKETS } from "../../apps/inference/metrics/model-metrics.ts";
import type { ResolvedStack } from "../resolve/stack.ts";
import { type ConfigProblem, duplicates } from "./problem.ts";

type Model = ResolvedStack["models"][number];
type Rollout = NonNullable<Model["rollout"]>;

/** The rollout of one model: it has a route to change, and counters that tell its versions apart. */
export function checkCanaryRollout(stack: ResolvedStack, model: Model, path: string): ConfigProblem[] {
  const { rollout, traffic } = model;
  if (rollout === undefined) return [];
  if (traffic === undefined) {
    return [
      { path: `${path}.rollout`, message: "needs a route whose weights it can change; add traffic, or leave it out" },
    ];
  }
  return [
    ...duplicates(
      rollout.goals,
      ({ name }) => name,
      (index) => `${path}.rollout.goals[${index}]`,
    ),
    ...checkBounds(rollout, `${path}.rollout`),
    ...checkEvidence(stack, rollout, `${path}.rollout.evidence`),
    ...checkMirror(rollout, traffic, `${path}.traffic.mirror`),
  ];
}

/** Only requests above or below a bound of the histogram can be counted. The gateway's bounds are its own configuration. */
function checkBounds({ goals, evidence }: Rollout, path: string): ConfigProblem[] {
  if (evidence === "gateway") return [];
  return goals.flatMap((goal, index) =>
    goal.kind !== "slow" || LATENCY_BUCKETS.includes(goal.seconds)
      ? []
      : [
          {
            path: `${path}.goals[${index}].seconds`,
            message: `is no bound of the server's histogram; take one of ${LATENCY_BUCKETS.join(", ")}`,
          },
        ],
  );
}

function checkEvidence({ gateway }: ResolvedStack, { evidence }: Rollout, path: string): ConfigProblem[] {
  if (evidence === "server" || gateway === undefined) return [];
  if (gateway.api === "HTTPRoute" && gateway.implementation === "traefik") return [];
  return [
    {
      path,
      message: `is gateway, but counters are read from Traefik with HTTPRoute only, and the gateway is ${gateway.implementation} with ${gateway.api}; use server`,
    },
  ];
}

function checkMirror({ evidence }: Rollout, traffic: NonNullable<Model["traffic"]>, path: string): ConfigProblem[] {
  const { mirror, canary } = traffic;
  if (mirror === undefined || mirror.version !== canary || evidence !== "server") return [];
  return [
    {
      path: `${path}.version`,
      message: "is the canary of a rollout, whose counters would count the copies too; leave one of them out",
    },
  ];
}
