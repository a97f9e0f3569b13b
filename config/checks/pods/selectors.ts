import type { ResolvedStack } from "../../resolve/stack.ts";
import type { ConfigProblem } from "../problem.ts";

/** Pods with their labels and the selector of their Deployment and Service. */
interface Labelled {
  readonly index: number;
  /** Path of the setting that decides the selector. */
  readonly path: string;
  /** Path of the pods' settings. */
  readonly place: string;
  readonly name: string;
  /** The same key for a version that is listed twice, because another check reports that. */
  readonly id: string;
  readonly selector: readonly string[];
  readonly labels: ReadonlySet<string>;
}

/** A selector must not also select other pods, because its Service would send requests to both. */
export function checkSelectors(stack: ResolvedStack): ConfigProblem[] {
  const all = [...stack.models.flatMap(labelledVersions), ...labelledGateway(stack)].map(
    (labelled, index): Labelled => ({ ...labelled, index }),
  );
  const byLabel = Map.groupBy(
    all.flatMap((one) => [...one.labels].map((label) => ({ label, one }))),
    ({ label }) => label,
  );
  const selects = (one: Labelled, other: Labelled) => one.selector.every((label) => other.labels.has(label));
  return all.flatMap((one) => {
    // The rarest label has the fewest candidates: usually only the pods themselves.
    const [rarest = []] = one.selector.map((label) => byLabel.get(label) ?? []).toSorted((a, b) => a.length - b.length);
    const taken = rarest
      .map((found) => found.one)
      // Two that select each other's pods are reported once, at the second.
      .find((other) => other.id !== one.id && selects(one, other) && !(other.index > one.index && selects(other, one)));
    if (taken === undefined) return [];
    const remedy = one.path === GATEWAY_NAME ? "choose another name" : `add a label that only ${one.name} has`;
    const message = `${one.selector.join(",")} also selects the pods of ${taken.name} (${taken.place}); ${remedy}`;
    return [{ path: one.path, message }];
  });
}

function labelledVersions(model: ResolvedStack["models"][number], index: number): Omit<Labelled, "index">[] {
  return model.versions.map(({ name, resourceName, selector, labels }, position) => {
    const place = `models[${index}].versions[${position}]`;
    return {
      path: `${place}.selector`,
      place,
      name: name ?? resourceName,
      id: resourceName,
      selector: texts(selector),
      labels: new Set(texts(labels)),
    };
  });
}

const GATEWAY_NAME = "apiGateway.name";

function labelledGateway({ apiGateway }: ResolvedStack): Omit<Labelled, "index">[] {
  if (apiGateway === undefined) return [];
  const selector = texts(apiGateway.selector);
  const { name } = apiGateway;
  return [
    {
      path: GATEWAY_NAME,
      place: "apiGateway",
      name,
      id: "apiGateway",
      selector,
      labels: new Set([...selector, "tier=frontend"]),
    },
  ];
}

function texts(labels: Readonly<Record<string, string>>): string[] {
  return Object.entries(labels).map(([key, value]) => `${key}=${value}`);
}
