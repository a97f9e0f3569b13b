import type { StackConfig } from "../schema/stack.ts";
import { type ConfigProblem, duplicates } from "./problem.ts";

/** One host and path of one model's traffic. */
interface Place {
  /** Index of the model. */
  readonly index: number;
  /** Undefined where every host is meant. */
  readonly host: string | undefined;
  readonly path: string;
  /** Whether the model has a rule for requests with a header. */
  readonly header: boolean;
}

/** Models that take each other's requests: on one path of one host, or by a rule for a header that the gateway puts first. */
export function checkPlaces(config: StackConfig): ConfigProblem[] {
  const places = config.models.flatMap(({ traffic }, index): Place[] => {
    if (traffic === undefined) return [];
    const place = { index, path: traffic.path ?? "/", header: traffic.canaryHeader !== undefined };
    return (traffic.hosts ?? [undefined]).map((host) => ({ ...place, host }));
  });
  return [
    ...duplicates(
      places,
      ({ host, path }) => `${host ?? "*"}${path}`,
      (position) => `models[${places[position]?.index}].traffic.path`,
    ),
    ...checkHeaderRules(config, places),
  ];
}

/**
 * Traefik ranks rules by numbers of its own and not by host first, path next: a header rule for every host comes before the
 * rule of one host on the same path. In the Ingress form it ranks by the length of the rule, so there a header rule also comes
 * before a longer path below its own.
 */
function checkHeaderRules({ gateway }: StackConfig, places: readonly Place[]): ConfigProblem[] {
  if (gateway?.implementation !== "traefik") return [];
  const covers = (wide: Place, narrow: Place) => {
    if (wide.index === narrow.index || (wide.host !== undefined && wide.host !== narrow.host)) return false;
    if (gateway.form !== "Ingress") return wide.path === narrow.path && wide.host !== narrow.host;
    return wide.path === narrow.path ? wide.host !== narrow.host : isBelow(narrow.path, wide.path);
  };
  return places
    .filter(({ header }) => header)
    .flatMap((wide) => {
      const taken = places.find((narrow) => covers(wide, narrow));
      if (taken === undefined) return [];
      const place = `${taken.host ?? ""}${taken.path}`;
      const message = `Traefik would put this rule before the one of models[${taken.index}].traffic for ${place}; give the model a host of its own`;
      return [{ path: `models[${wide.index}].traffic.canaryHeader`, message }];
    });
}

function isBelow(path: string, prefix: string): boolean {
  return path.startsWith(prefix === "/" ? "/" : `${prefix}/`);
}
