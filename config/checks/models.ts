import type { ResolvedStack } from "../resolve/stack.ts";
import { checkLineage } from "./lineage.ts";
import { type ConfigProblem, duplicates } from "./problem.ts";
import { checkSecretKey } from "./secrets.ts";
import { checkCanaryRollout, checkTraffic } from "./traffic.ts";
import { checkOwnImageRollout, checkServer } from "./versions/server.ts";

type Model = ResolvedStack["models"][number];

/** One model: its versions are distinct, and everything that they refer to exists. */
export function checkModel(stack: ResolvedStack, model: Model, path: string): ConfigProblem[] {
  return [
    ...duplicates(
      model.versions,
      ({ version }) => version,
      (index) => `${path}.versions[${index}].version`,
    ),
    ...model.versions.flatMap((version, index) => checkLineage(model.model, version, `${path}.versions[${index}]`)),
    ...model.versions.flatMap((version, index) =>
      checkSecretEnvironment(stack, version, `${path}.versions[${index}].secretEnvironment`),
    ),
    ...model.versions.flatMap((version, index) => checkServer(version, `${path}.versions[${index}]`)),
    ...checkTraffic(stack, model, `${path}.traffic`),
    ...checkCanaryRollout(stack, model, path),
    ...checkOwnImageRollout(model, path),
  ];
}

function checkSecretEnvironment(
  { secrets }: ResolvedStack,
  { secretEnvironment }: Model["versions"][number],
  path: string,
): ConfigProblem[] {
  return Object.entries(secretEnvironment).flatMap(([variable, reference]) =>
    checkSecretKey(secrets, reference, `${path}.${variable}`),
  );
}
