import type { StackConfig } from "../schema/stack.ts";
import { checkLineage } from "./lineage.ts";
import { type ConfigProblem, duplicates } from "./problem.ts";
import { checkSecretKey } from "./secrets.ts";
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
  { secrets }: StackConfig,
  { secretEnvironment }: Model["versions"][number],
  path: string,
): ConfigProblem[] {
  return Object.entries(secretEnvironment ?? {}).flatMap(([variable, reference]) =>
    checkSecretKey(secrets, reference, `${path}.${variable}`),
  );
}
