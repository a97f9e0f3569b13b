import type { ResolvedStack } from "../resolve/stack.ts";
import { type ConfigProblem, duplicates, listed } from "./problem.ts";
import { checkSecretKey } from "./secrets.ts";

/** Paths that the API gateway answers itself. */
const OWN_PATHS = ["/health", "/status"];

/** The API gateway's routes lead to existing models, and its key is one of the stack's secrets. */
export function checkApiGateway({ apiGateway, models, secrets }: ResolvedStack): ConfigProblem[] {
  if (apiGateway === undefined) return [];
  const { routes, apiKey } = apiGateway;
  return [
    ...duplicates(
      routes,
      ({ path }) => path,
      (index) => `apiGateway.routes[${index}].path`,
    ),
    ...routes.flatMap((route, index) => checkRoute(models, route, `apiGateway.routes[${index}]`)),
    ...(apiKey === undefined ? [] : checkSecretKey(secrets, apiKey, "apiGateway.apiKey")),
  ];
}

function checkRoute(
  models: ResolvedStack["models"],
  { path, model, entry, version, target }: NonNullable<ResolvedStack["apiGateway"]>["routes"][number],
  place: string,
): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  if (OWN_PATHS.includes(path)) {
    problems.push({ path: `${place}.path`, message: `${path} is answered by the gateway itself; choose another path` });
  }
  if (path.endsWith("/") !== target.endsWith("/")) {
    problems.push({
      path: `${place}.target`,
      message: `must end with / if the path does (${path}), and only then`,
    });
  }
  const versions = models.find((candidate) => candidate.entry === entry)?.versions.map((served) => served.version);
  if (versions === undefined) {
    const known = listed(models.map((candidate) => candidate.entry));
    problems.push({ path: `${place}.model`, message: `there is no model "${model}"${known}` });
  } else if (!versions.includes(version)) {
    const message = `model "${model}" has no version "${version}"${listed(versions)}`;
    problems.push({ path: `${place}.version`, message });
  }
  return problems;
}
