import { LATENCY_BUCKETS } from "../../apps/inference/metrics/model-metrics.ts";
import { resolveGateway } from "../../components/traffic/gateway.ts";
import { unsupportedSettings } from "../../components/traffic/gateway-capabilities.ts";
import { remainingPercent } from "../../components/traffic/weights.ts";
import { sharesOf } from "../resolve/shares.ts";
import type { ResolvedStack } from "../resolve/stack.ts";
import type { WrittenStack } from "../schema/stack.ts";
import { type ConfigProblem, duplicates, listed } from "./problem.ts";

type Model = ResolvedStack["models"][number];
type Traffic = NonNullable<Model["traffic"]>;

/** The traffic of one model: its versions exist, its canary makes sense, and the gateway supports its settings. */
export function checkTraffic(stack: ResolvedStack, model: Model, path: string): ConfigProblem[] {
  const { traffic } = model;
  if (traffic === undefined) return [];
  return [
    ...checkGateway(stack, traffic, path),
    ...checkRoles(model, traffic, path),
    ...checkCanary(traffic, path),
    ...checkWeights(model, traffic, path),
    ...checkPods(model, traffic, path),
  ];
}

function checkGateway({ gateway }: ResolvedStack, traffic: Traffic, path: string): ConfigProblem[] {
  if (gateway === undefined) {
    return [{ path: "gateway", message: `is missing, and ${path} needs a Gateway to attach to` }];
  }
  return unsupportedSettings(gateway, traffic).map((problem) => ({ ...problem, path: `${path}.${problem.path}` }));
}

/** Every version that the traffic names is one of the model's. */
function checkRoles({ model, versions }: Model, traffic: Traffic, path: string): ConfigProblem[] {
  const known = versions.map(({ version }) => version);
  const roles = { stable: traffic.stable, canary: traffic.canary, "mirror.version": traffic.mirror?.version };
  return Object.entries(roles).flatMap(([role, version]) =>
    version === undefined || known.includes(version)
      ? []
      : [{ path: `${path}.${role}`, message: `model "${model}" has no version "${version}"${listed(known)}` }],
  );
}

function checkCanary({ stable, canary, mirror }: Traffic, path: string): ConfigProblem[] {
  return [
    ...(canary === stable
      ? [{ path: `${path}.canary`, message: "is the stable version; leave it out, or name another one" }]
      : []),
    ...(mirror?.version === stable
      ? [{ path: `${path}.mirror.version`, message: "is the stable version; name another one" }]
      : []),
  ];
}

/** The shares of more versions: of versions that the model has, and in sum not more than all requests. */
function checkWeights({ model, versions }: Model, traffic: Traffic, path: string): ConfigProblem[] {
  const { stable, canary, canaryWeight, weights } = traffic;
  const known = versions.map(({ version }) => version);
  const named = Object.keys(weights).flatMap((version) => {
    const place = `${path}.weights.${version}`;
    if (version === stable)
      return [{ path: place, message: "is the stable version, which gets the rest; leave it out" }];
    if (version === canary) return [{ path: place, message: "is the canary; set canaryWeight, and leave it out" }];
    if (known.includes(version)) return [];
    return [{ path: place, message: `model "${model}" has no version "${version}"${listed(known)}` }];
  });
  const rest = remainingPercent([canaryWeight, ...Object.values(weights)]);
  const parts = [...(canary === undefined ? [] : [`canaryWeight ${canaryWeight}`]), ...Object.values(weights)];
  const message = `${parts.join(" + ")} = ${remainingPercent([rest])} %, more than all requests; lower them`;
  return [...named, ...(rest < 0 ? [{ path: `${path}.weights`, message }] : [])];
}

/** A version with traffic needs pods: without them its share of the requests fails, as do those in flight at scale-down. */
function checkPods({ versions }: Model, traffic: Traffic, path: string): ConfigProblem[] {
  const shares = new Map(sharesOf(traffic));
  return versions.flatMap(({ version, replicas, autoscaling }, index) => {
    const share = shares.get(version) ?? 0;
    if (replicas !== 0 || autoscaling !== undefined || share === 0) return [];
    const message = `is 0, but ${path} sends ${share} % of the requests to version "${version}"; move the weight first`;
    return [{ path: `${path.replace(/traffic$/, "versions")}[${index}].replicas`, message }];
  });
}

/**
 * Canary settings without a canary. They are visible only in the stack as written, because a resolved route has a
 * weight of 0.
 */
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

/** Retries at a gateway that has none. They are visible only in the stack as written, because a resolved route has the default. */
export function checkUnusedRetries({ gateway, models }: WrittenStack): ConfigProblem[] {
  const resolved = gateway && resolveGateway(gateway);
  if (resolved === undefined || resolved.api === "Ingress" || resolved.routeRetries) return [];
  if (resolved.implementation !== "istio" && resolved.implementation !== "generic") return [];
  return models.flatMap(({ traffic }, index) =>
    traffic?.retries === undefined || traffic.retries === false
      ? []
      : [
          {
            path: `models[${index}].traffic.retries`,
            message:
              "needs gateway.routeRetries: true, for kinds of the Gateway API that have retries; or leave it out",
          },
        ],
  );
}

type CanaryRollout = NonNullable<Model["rollout"]>;

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
    ...(Object.keys(traffic.weights).length === 0
      ? []
      : [
          {
            path: `${path}.traffic.weights`,
            message:
              "is not for a model with a rollout, which divides all requests between two versions; leave one out",
          },
        ]),
    ...duplicates(
      rollout.goals,
      ({ name }) => name,
      (index) => `${path}.rollout.goals[${index}]`,
    ),
    ...(stack.monitoring === undefined
      ? [{ path: "monitoring", message: `is missing, and ${path}.rollout takes its evidence from Prometheus` }]
      : []),
    ...checkBounds(rollout, `${path}.rollout`),
    ...checkEvidence(stack, rollout, `${path}.rollout.evidence`),
    ...checkMirror(rollout, traffic, `${path}.traffic.mirror`),
  ];
}

/** Only requests above or below a bound of the histogram can be counted. The gateway's bounds are its own configuration. */
function checkBounds({ goals, evidence }: CanaryRollout, path: string): ConfigProblem[] {
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

function checkEvidence({ gateway }: ResolvedStack, { evidence }: CanaryRollout, path: string): ConfigProblem[] {
  if (evidence === "server" || gateway === undefined) return [];
  if (gateway.api === "HTTPRoute" && gateway.implementation === "traefik") return [];
  return [
    {
      path,
      message: `is gateway, but counters are read from Traefik with HTTPRoute only, and the gateway is ${gateway.implementation} with ${gateway.api}; use server`,
    },
  ];
}

function checkMirror({ evidence }: CanaryRollout, traffic: Traffic, path: string): ConfigProblem[] {
  const { mirror, canary } = traffic;
  if (mirror === undefined || mirror.version !== canary || evidence !== "server") return [];
  return [
    {
      path: `${path}.version`,
      message: "is the canary of a rollout, whose counters would count the copies too; leave one of them out",
    },
  ];
}
