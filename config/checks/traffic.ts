import type { StackConfig } from "../schema.ts";
import { type ConfigProblem, duplicates, listed } from "./problem.ts";

type Model = StackConfig["models"][number];

/** The traffic of one model: its versions are there, and its canary makes sense. */
export function checkTraffic(config: StackConfig, { model, versions, traffic }: Model, path: string): ConfigProblem[] {
  if (traffic === undefined) return [];
  const problems: ConfigProblem[] = [];
  if (config.gateway === undefined) {
    problems.push({ path: "gateway", message: `is missing, and ${path} needs a Gateway to attach to` });
  }
  const known = versions.map(({ version }) => version);
  for (const role of ["stable", "canary"] as const) {
    const version = traffic[role];
    if (version !== undefined && !known.includes(version)) {
      problems.push({
        path: `${path}.${role}`,
        message: `model "${model}" has no version "${version}"${listed(known)}`,
      });
    }
  }
  if (traffic.canary === traffic.stable) {
    problems.push({ path: `${path}.canary`, message: "is the stable version; leave it out, or name another one" });
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

/** Two models on one path of one host would take each other's requests. */
export function checkPaths(config: StackConfig): ConfigProblem[] {
  const places = config.models.flatMap(({ traffic }, index) =>
    traffic === undefined
      ? []
      : (traffic.hosts ?? ["*"]).map((host) => ({ index, place: `${host}${traffic.path ?? "/"}` })),
  );
  return duplicates(
    places,
    ({ place }) => place,
    (position) => `models[${places[position]?.index}].traffic.path`,
  );
}
