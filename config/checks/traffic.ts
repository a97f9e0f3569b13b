import { unsupportedSettings } from "../../components/traffic/gateway-capabilities.ts";
import type { StackConfig } from "../schema/stack.ts";
import { type ConfigProblem, listed } from "./problem.ts";

type Model = StackConfig["models"][number];
type Traffic = NonNullable<Model["traffic"]>;

/** The traffic of one model: its versions are there, its canary makes sense, and the gateway honours its settings. */
export function checkTraffic(config: StackConfig, model: Model, path: string): ConfigProblem[] {
  const { traffic } = model;
  if (traffic === undefined) return [];
  return [
    ...checkGateway(config, traffic, path),
    ...checkRoles(model, traffic, path),
    ...checkCanary(traffic, path),
    ...checkPods(config, model, traffic, path),
  ];
}

function checkGateway({ gateway }: StackConfig, traffic: Traffic, path: string): ConfigProblem[] {
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

function checkCanary(traffic: Traffic, path: string): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  if (traffic.canary === traffic.stable) {
    problems.push({ path: `${path}.canary`, message: "is the stable version; leave it out, or name another one" });
  }
  if (traffic.mirror?.version === traffic.stable) {
    problems.push({ path: `${path}.mirror.version`, message: "is the stable version; name another one" });
  }
  for (const setting of ["canaryWeight", "canaryHeader"] as const) {
    if (traffic.canary === undefined && traffic[setting] !== undefined) {
      problems.push({
        path: `${path}.${setting}`,
        message: "needs a canary to send requests to; name one, or leave it out",
      });
    }
  }
  return problems;
}

/** A version without pods loses its share of the requests, and those that its last pods have when it is scaled to 0. */
function checkPods(config: StackConfig, { versions }: Model, traffic: Traffic, path: string): ConfigProblem[] {
  const weight = traffic.canary === undefined ? 0 : (traffic.canaryWeight ?? config.canaryWeight);
  const shares = new Map([
    [traffic.stable, 100 - weight],
    ...(traffic.canary === undefined ? [] : [[traffic.canary, weight] as const]),
  ]);
  return versions.flatMap(({ version, replicas, autoscaling }, index) => {
    const share = shares.get(version) ?? 0;
    if (replicas !== 0 || autoscaling !== undefined || share === 0) return [];
    const message = `is 0, but ${path} sends ${share} % of the requests to version "${version}"; move the weight first`;
    return [{ path: `${path.replace(/traffic$/, "versions")}[${index}].replicas`, message }];
  });
}
