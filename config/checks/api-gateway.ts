import { kubernetesName } from "../../components/kubernetes/names.ts";
import type { StackConfig } from "../schema/stack.ts";
import { entryName } from "./entries.ts";
import { type ConfigProblem, duplicates, listed } from "./problem.ts";
import { checkSecretKey } from "./secrets.ts";

/** Paths that the API gateway answers itself. */
const OWN_PATHS = ["/health", "/status"];

/** The API gateway: its routes lead to models that are there, and its key is one of the stack's secrets. */
export function checkApiGateway({ apiGateway, models, secrets }: StackConfig): ConfigProblem[] {
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
  models: StackConfig["models"],
  { path, model, version, target }: NonNullable<StackConfig["apiGateway"]>["routes"][number],
  place: string,
): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  if (OWN_PATHS.includes(path)) {
    problems.push({ path: `${place}.path`, message: `${path} is the gateway's own; name another one` });
  }
  if (target !== undefined && path.endsWith("/") !== target.endsWith("/")) {
    problems.push({
      path: `${place}.target`,
      message: `must end with / where the path does (${path}), and only there`,
    });
  }
  const entry = models.find((candidate) => entryName(candidate) === kubernetesName(model));
  const versions = entry?.versions.map((served) => served.version);
  if (versions === undefined) {
    const known = listed(models.map(entryName));
    problems.push({ path: `${place}.model`, message: `there is no model "${model}"${known}` });
  } else if (!versions.includes(version)) {
    const message = `model "${model}" has no version "${version}"${listed(versions)}`;
    problems.push({ path: `${place}.version`, message });
  }
  return problems;
}
