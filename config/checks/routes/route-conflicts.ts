import type { ResolvedStack } from "../../resolve/stack.ts";
import { type ConfigProblem, duplicates } from "../problem.ts";

/** One host and path of one model's traffic. */
interface Route {
  /** Index of the model. */
  readonly index: number;
  /** Undefined for every host. */
  readonly host: string | undefined;
  readonly path: string;
  /** Whether the model has a rule for requests with a header. */
  readonly header: boolean;
}

/**
 * Models whose routes overlap: they have the same path on one host, or the gateway ranks a header rule of one before
 * the route of another.
 */
export function checkRouteConflicts({ gateway, models }: ResolvedStack): ConfigProblem[] {
  const routes = models.flatMap(({ traffic }, index): Route[] => {
    if (traffic === undefined) return [];
    const route = { index, path: traffic.path, header: traffic.canaryHeader !== undefined };
    return (traffic.hosts ?? [undefined]).map((host) => ({ ...route, host }));
  });
  return [
    ...duplicates(
      routes,
      ({ host, path }) => `${host ?? "*"}${path}`,
      (position) => `models[${routes[position]?.index}].traffic.path`,
    ),
    ...checkHeaderRules(gateway, routes),
  ];
}

/**
 * Traefik ranks rules by its own numbers and not by host first, path next. A header rule for every host comes before the rule
 * of one host on the same path. With the API Ingress it ranks by the length of the rule, so there a header rule also comes
 * before a longer path below its own.
 */
function checkHeaderRules(gateway: ResolvedStack["gateway"], routes: readonly Route[]): ConfigProblem[] {
  if (gateway?.implementation !== "traefik") return [];
  const covers = (wide: Route, narrow: Route) => {
    if (wide.index === narrow.index || (wide.host !== undefined && wide.host !== narrow.host)) return false;
    if (gateway.api === "HTTPRoute") return wide.path === narrow.path && wide.host !== narrow.host;
    return wide.path === narrow.path ? wide.host !== narrow.host : isBelow(narrow.path, wide.path);
  };
  return routes
    .filter(({ header }) => header)
    .flatMap((wide) => {
      const covered = routes.find((narrow) => covers(wide, narrow));
      if (covered === undefined) return [];
      const place = `${covered.host ?? ""}${covered.path}`;
      const message = `Traefik would put this rule before the one of models[${covered.index}].traffic for ${place}; give the model its own host`;
      return [{ path: `models[${wide.index}].traffic.canaryHeader`, message }];
    });
}

function isBelow(path: string, prefix: string): boolean {
  return path.startsWith(prefix === "/" ? "/" : `${prefix}/`);
}
