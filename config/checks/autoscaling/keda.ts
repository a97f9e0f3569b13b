import type { KedaTrigger } from "../../../components/kubernetes/autoscaling-args.ts";
import { triggersOf } from "../../../components/kubernetes/keda.ts";
import type { ResolvedStack } from "../../resolve/stack.ts";
import type { DeploymentWorkload } from "../../resolve/workloads.ts";
import { type ConfigProblem, duplicates, type Findings } from "../problem.ts";
import { checkTriggers } from "./triggers.ts";

/** Triggers that are measured in the pods themselves. */
const OF_PODS = ["cpu", "memory"];

/** Longest name of a ScaledObject: KEDA puts `keda-hpa-` before it, and uses the result as a label. */
const MOST_OF_NAME = 63 - "keda-hpa-".length;

/** What KEDA or its webhook would refuse, and what would never scale. */
export function checkKeda(stack: ResolvedStack): Findings {
  const scaled = stack.workloads.deployments.flatMap(({ autoscaling, path }) =>
    autoscaling?.keda === undefined ? [] : [{ ...autoscaling, keda: autoscaling.keda, path: `${path}.autoscaling` }],
  );
  const documented = scaled.map(({ keda, path }) =>
    // A missing address of Prometheus is reported with its own remedy.
    checkTriggers(keda.triggers ?? [], `${path}.keda.triggers`, ["serverAddress"]),
  );
  return {
    problems: scaled.flatMap((args, index) => [
      ...scaleToZero(args),
      ...address(args),
      ...fallback(args),
      ...(documented[index]?.problems ?? []),
      ...triggers(args.keda.triggers ?? [], `${args.path}.keda.triggers`),
      ...name(args, madeName(stack, args.path)),
    ]),
    notices: scaled.flatMap((args, index) => [...cooldown(args), ...(documented[index]?.notices ?? [])]),
  };
}

/** Periods that count only where the last pod goes. */
function cooldown({ minReplicas, keda, path }: Scaled): ConfigProblem[] {
  return ["cooldownPeriod" as const, "initialCooldownPeriod" as const]
    .filter((setting) => minReplicas > 0 && keda[setting] !== undefined)
    .map((setting) => ({
      path: `${path}.keda.${setting}`,
      message: `has no effect while minReplicas is ${minReplicas}; KEDA removes the last pod only where it is 0`,
    }));
}

type Scaled = NonNullable<DeploymentWorkload["autoscaling"]> & {
  readonly keda: NonNullable<NonNullable<DeploymentWorkload["autoscaling"]>["keda"]>;
  readonly path: string;
};

/** Without a pod there is nothing to measure in pods. */
function scaleToZero({ minReplicas, keda, path }: Scaled): ConfigProblem[] {
  if (minReplicas > 0 || (keda.triggers ?? []).some(({ type }) => !OF_PODS.includes(type))) return [];
  const message =
    "is 0, but CPU, memory and queue depth are measured in the pods, so nothing would start the first one; add a trigger that sees demand without pods to keda.triggers, or set 1";
  return [{ path: `${path}.minReplicas`, message }];
}

/** Triggers of Prometheus have an address that KEDA's pods reach. */
function address({ queueDepth, keda, path }: Scaled): ConfigProblem[] {
  const remedy = "set keda.prometheus, or add monitoring to the stack";
  const asked = (keda.triggers ?? []).flatMap(({ type, metadata }, index) =>
    type === "prometheus" && metadata["serverAddress"] === undefined ? [`${path}.keda.triggers[${index}]`] : [],
  );
  if (keda.prometheus === undefined) {
    return [
      ...(queueDepth === undefined
        ? []
        : [{ path: `${path}.queueDepth`, message: `is asked of a Prometheus, and none is known; ${remedy}` }]),
      ...asked.map((place) => ({
        path: `${place}.metadata.serverAddress`,
        message: `is missing; give it, or ${remedy}`,
      })),
    ];
  }
  const host = URL.parse(keda.prometheus)?.hostname ?? "";
  if ((queueDepth === undefined && asked.length === 0) || !/^(localhost|127\..*|\[::1\])$/.test(host)) return [];
  const message = `is ${keda.prometheus}, which KEDA's pods do not reach; set it to an address inside the cluster`;
  return [{ path: `${path}.keda.prometheus`, message }];
}

function fallback(args: Scaled): ConfigProblem[] {
  const { keda, maxReplicas, path } = args;
  if (keda.fallback === undefined) return [];
  const place = `${path}.keda.fallback`;
  return [
    ...(keda.fallback.replicas > maxReplicas
      ? [{ path: `${place}.replicas`, message: `is above maxReplicas, ${maxReplicas}; lower it` }]
      : []),
    ...(triggersOf(args).every(({ type }) => OF_PODS.includes(type))
      ? [{ path: place, message: "is not for CPU and memory alone; leave it out, or add another trigger" }]
      : []),
  ];
}

function triggers(given: readonly KedaTrigger[], path: string): ConfigProblem[] {
  const named = given.flatMap(({ name: value }, index) => (value === undefined ? [] : [{ value, index }]));
  return [
    ...duplicates(
      named,
      ({ value }) => value,
      (index) => `${path}[${named[index]?.index}].name`,
    ),
    ...given.flatMap(({ type, metricType, useCachedMetrics }, index) => [
      ...(metricType === "Utilization" && !OF_PODS.includes(type)
        ? [
            {
              path: `${path}[${index}].metricType`,
              message: `is for cpu and memory; for ${type} use AverageValue or Value`,
            },
          ]
        : []),
      ...(metricType === "Value" && OF_PODS.includes(type)
        ? [{ path: `${path}[${index}].metricType`, message: `is not for ${type}; use Utilization or AverageValue` }]
        : []),
      ...(useCachedMetrics === true && [...OF_PODS, "cron"].includes(type)
        ? [{ path: `${path}[${index}].useCachedMetrics`, message: `is not for ${type}; leave it out` }]
        : []),
    ]),
  ];
}

function name({ name: given, path }: Scaled, made: string): ConfigProblem[] {
  const most = `${MOST_OF_NAME} characters at most, since KEDA puts "keda-hpa-" before it`;
  if (given !== undefined) {
    return given.length <= MOST_OF_NAME
      ? []
      : [{ path: `${path}.name`, message: `has ${given.length} characters; ${most}; shorten it` }];
  }
  // Pulumi adds a hyphen and eight characters.
  const length = made.length + 9;
  return length <= MOST_OF_NAME
    ? []
    : [{ path: `${path}.name`, message: `is missing, and the name would have ${length} characters; ${most}; set it` }];
}

/** What the ScaledObject of a Deployment is called without a name of its own. */
function madeName({ models }: ResolvedStack, path: string): string {
  const [, model, version] = /^models\[([0-9]+)\]\.versions\[([0-9]+)\]/.exec(path) ?? [];
  return models[Number(model)]?.versions[Number(version)]?.resourceName ?? "api-gateway";
}
