import type { StackConfig } from "../schema.ts";
import { checkLineage } from "./lineage.ts";
import { type ConfigProblem, duplicates, listed } from "./problem.ts";
import { checkTraffic } from "./traffic.ts";

type Model = StackConfig["models"][number];

/** One model: its versions are different, and what they refer to is there. */
export function checkModel(config: StackConfig, model: Model, path: string): ConfigProblem[] {
  return [
    ...duplicates(
      model.versions,
      ({ version }) => version,
      (index) => `${path}.versions[${index}].version`,
    ),
    ...model.versions.flatMap((version, index) => checkLineage(model.model, version, `${path}.versions[${index}]`)),
    ...model.versions.flatMap((version, index) =>
      checkSecretEnvironment(config, version, `${path}.versions[${index}].secretEnvironment`),
    ),
    ...checkTraffic(config, model, `${path}.traffic`),
  ];
}

function checkSecretEnvironment(
  config: StackConfig,
  { secretEnvironment }: Model["versions"][number],
  path: string,
): ConfigProblem[] {
  return Object.entries(secretEnvironment ?? {}).flatMap(([variable, { secret, key }]) => {
    const data = config.secrets[secret]?.data;
    if (data === undefined) {
      const message = `there is no secret "${secret}" under secrets${listed(Object.keys(config.secrets))}`;
      return [{ path: `${path}.${variable}.secret`, message }];
    }
    if (data[key] === undefined) {
      const message = `secret "${secret}" has no key "${key}"${listed(Object.keys(data))}`;
      return [{ path: `${path}.${variable}.key`, message }];
    }
    return [];
  });
}
