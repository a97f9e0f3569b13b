import type { ResolvedStack } from "../../resolve/stack.ts";
import type { ConfigProblem, Findings } from "../problem.ts";

/** With monitoring, Prometheus reads each version's metrics through one of its Services: more than one doubles all counters. */
export function checkScraping({ monitoring, models }: ResolvedStack): Findings {
  if (monitoring === undefined) return { problems: [], notices: [] };
  const versions = models.flatMap(({ versions }, index) =>
    versions.map(({ service, additionalServices }, position) => {
      const path = `models[${index}].versions[${position}]`;
      const services = [service, ...additionalServices].map(({ metricsPort }, place) => ({
        path: `${path}.${place === 0 ? "service" : `additionalServices[${place - 1}]`}.metricsPort`,
        metricsPort,
      }));
      return services.filter(({ metricsPort }) => metricsPort !== false).map((scraped) => scraped.path);
    }),
  );
  const paths = models.flatMap(({ versions }, index) =>
    versions.map((_, position) => `models[${index}].versions[${position}]`),
  );
  return {
    problems: versions.flatMap(([first = "", ...more]) =>
      more.map((path): ConfigProblem => {
        const message = `is scraped as well as ${first}, which doubles every counter; leave it out, or set it to false`;
        return { path, message };
      }),
    ),
    notices: versions.flatMap((scraped, index) =>
      scraped.length > 0
        ? []
        : [
            {
              path: `${paths[index]}.service.metricsPort`,
              message: "is false, so Prometheus reads no metrics of the version",
            },
          ],
    ),
  };
}
