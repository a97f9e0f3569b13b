import { PART_OF } from "../../../components/kubernetes/names.ts";
import { SERVER_COMPONENT } from "../../../components/serving/version-labels.ts";
import type { ResolvedStack } from "../../resolve/stack.ts";
import type { ConfigProblem } from "../problem.ts";

type Version = ResolvedStack["models"][number]["versions"][number];

/** Labels that the program sets on Deployments, and the settings for them. */
const OWN: Readonly<Record<string, string>> = {
  model: "it is the model's name",
  "model-version": "set modelVersion",
  "commit-sha": "set commitSha",
  "trained-date": "set trainedDate",
};

/** Labels that others use to select pods: the version's own selector, network policies, alerts, Deployments. */
export function checkLabels({ models }: ResolvedStack): ConfigProblem[] {
  return models.flatMap(({ versions }, index) =>
    versions.flatMap((version, position) => checkVersion(version, `models[${index}].versions[${position}].labels`)),
  );
}

function checkVersion({ labels, selector }: Version, path: string): ConfigProblem[] {
  const differs = (name: string, value: string) => labels[name] !== undefined && labels[name] !== value;
  const selecting = Object.entries(selector).filter(([name, value]) => differs(name, value));
  const fixed = Object.entries({ component: SERVER_COMPONENT, "app.kubernetes.io/part-of": PART_OF });
  return [
    ...selecting.map(([name, value]) => ({
      path: `${path}.${name}`,
      message: `is "${labels[name]}", but the version's selector wants ${name}=${value} of its pods; choose another label, or set selector`,
    })),
    ...fixed
      .filter(([name, value]) => differs(name, value) && selector[name] === undefined)
      .map(([name, value]) => ({
        path: `${path}.${name}`,
        message: `is always ${value}, because network policies and tools select by it; choose another label`,
      })),
    ...Object.entries(OWN).flatMap(([name, remedy]) =>
      labels[name] === undefined
        ? []
        : [{ path: `${path}.${name}`, message: `is a label that the program sets itself (${remedy}); leave it out` }],
    ),
    ...(labels["pod-template-hash"] === undefined
      ? []
      : [{ path: `${path}.pod-template-hash`, message: "belongs to the Deployment controller; leave it out" }]),
  ];
}
