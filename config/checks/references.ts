import { trainingJobs } from "../resolve/jobs.ts";
import type { ResolvedStack } from "../resolve/stack.ts";
import { isVariableName } from "../schema/values.ts";
import { type ConfigProblem, listed } from "./problem.ts";
import { checkSecretKey } from "./secrets.ts";

/** The key of a Secret with the credentials of an image registry. */
const REGISTRY_KEY = ".dockerconfigjson";

/** A workload that takes its environment and files from ConfigMaps and Secrets. */
interface Consumer {
  readonly configMaps?: readonly string[];
  readonly secrets?: readonly string[];
  readonly files?: Readonly<
    Record<string, { readonly configMap?: string; readonly secret?: string; readonly key?: string }>
  >;
}

/** Every ConfigMap, Secret and volume that a workload refers to exists. */
export function checkReferences(stack: ResolvedStack): ConfigProblem[] {
  return [
    ...consumers(stack).flatMap(([path, consumer]) => checkConsumer(stack, consumer, path)),
    ...checkPullSecret(stack),
    ...checkLoadTest(stack),
    ...checkModelsVolume(stack),
    ...checkDataVolume(stack),
  ];
}

function consumers({ models, training }: ResolvedStack): [string, Consumer][] {
  return [
    ...models.flatMap(({ versions }, index) =>
      versions.map((version, position): [string, Consumer] => [`models[${index}].versions[${position}]`, version]),
    ),
    ...trainingJobs(training).map(({ path, job }): [string, Consumer] => [path, job]),
  ];
}

function checkConsumer(
  stack: ResolvedStack,
  { configMaps = [], secrets = [], files = {} }: Consumer,
  path: string,
): ConfigProblem[] {
  return [
    ...configMaps.flatMap((name, index) => {
      const place = `${path}.configMaps[${index}]`;
      const configMap = stack.configMaps[name];
      if (configMap === undefined) return unknownConfigMap(stack, name, place);
      return noVariables("data" in configMap ? configMap.data : {}, `ConfigMap "${name}"`, place);
    }),
    ...secrets.flatMap((name, index) => {
      const place = `${path}.secrets[${index}]`;
      const secret = stack.secrets[name];
      if (secret === undefined) {
        const known = listed(Object.keys(stack.secrets));
        return [{ path: place, message: `there is no secret "${name}" under secrets${known}` }];
      }
      if (secret.registry === undefined) return noVariables(secret.data ?? {}, `secret "${name}"`, place);
      return [
        { path: place, message: `secret "${name}" holds the credentials of a registry; use it as images.pullSecret` },
      ];
    }),
    ...Object.entries(files).flatMap(([file, source]) => checkFile(stack, source, `${path}.files.${file}`)),
  ];
}

function unknownConfigMap({ configMaps }: ResolvedStack, name: string, path: string): ConfigProblem[] {
  const message = `there is no ConfigMap "${name}" under configMaps${listed(Object.keys(configMaps))}`;
  return [{ path, message }];
}

/** Kubernetes leaves out keys that cannot be variables, and says so only in an event of the pod. */
function noVariables(data: Readonly<Record<string, unknown>>, what: string, path: string): ConfigProblem[] {
  const keys = Object.keys(data).filter((key) => !isVariableName(key));
  if (keys.length === 0) return [];
  const message = `${what} has ${keys.join(", ")}, which cannot be a variable; mount it by files, or put it into another`;
  return [{ path, message }];
}

function checkFile(
  stack: ResolvedStack,
  { configMap: name, secret, key }: NonNullable<Consumer["files"]>[string],
  path: string,
): ConfigProblem[] {
  if (name === undefined) return checkSecretFile(stack, secret ?? "", key, path);
  const configMap = stack.configMaps[name];
  if (configMap === undefined) return unknownConfigMap(stack, name, `${path}.configMap`);
  if (key === undefined || !("data" in configMap) || Object.hasOwn(configMap.data, key)) return [];
  const message = `ConfigMap "${name}" has no key "${key}"${listed(Object.keys(configMap.data))}`;
  return [{ path: `${path}.key`, message }];
}

function checkSecretFile(
  { secrets }: ResolvedStack,
  secret: string,
  key: string | undefined,
  path: string,
): ConfigProblem[] {
  const found = secrets[secret];
  if (found !== undefined && (key === undefined || found.registry !== undefined)) {
    if (key === undefined || key === REGISTRY_KEY) return [];
    return [{ path: `${path}.key`, message: `secret "${secret}" has no key "${key}"${listed([REGISTRY_KEY])}` }];
  }
  if (found !== undefined) return checkSecretKey(secrets, { secret, key: key ?? "" }, path);
  const message = `there is no secret "${secret}" under secrets${listed(Object.keys(secrets))}`;
  return [{ path: `${path}.secret`, message }];
}

function checkPullSecret({ images, secrets }: ResolvedStack): ConfigProblem[] {
  const { pullSecret = [] } = images;
  const names = typeof pullSecret === "string" ? [pullSecret] : pullSecret;
  const registries = Object.keys(secrets).filter((name) => secrets[name]?.data === undefined);
  return names.flatMap((name, index) => {
    if (registries.includes(name)) return [];
    const message = `there is no secret "${name}" with a registry's credentials under secrets${listed(registries)}`;
    return [{ path: typeof pullSecret === "string" ? "images.pullSecret" : `images.pullSecret[${index}]`, message }];
  });
}

function checkLoadTest({ loadTest, models, secrets }: ResolvedStack): ConfigProblem[] {
  if (loadTest === undefined) return [];
  const { model, target, secretEnvironment } = loadTest;
  const known = models.map(({ entry }) => entry);
  return [
    ...(target === undefined || known.includes(target.entry)
      ? []
      : [{ path: "loadTest.model", message: `there is no model "${model}"${listed(known)}` }]),
    ...Object.entries(secretEnvironment).flatMap(([variable, reference]) =>
      checkSecretKey(secrets, reference, `loadTest.secretEnvironment.${variable}`),
    ),
  ];
}

/** What reads or writes models needs the volume for them. */
function checkModelsVolume({ models, storage, training }: ResolvedStack): ConfigProblem[] {
  if (storage.models !== undefined) return [];
  const message = "is missing; give a claim to create (size) or one that is there (existingClaim)";
  const server = models.some(({ versions }) =>
    versions.some(({ modelsPath, source }) => modelsPath !== false && (source?.storage ?? "claim") === "claim"),
  );
  const needed = [
    ...(server ? ["versions that read their models there"] : []),
    ...([...training.jobs, ...training.cronJobs, ...training.batchJobs].some(({ image }) => image === undefined)
      ? ["the project's trainer"]
      : []),
    ...(storage.init === false ? [] : ["storage.init"]),
  ];
  return needed.map((who) => ({ path: "storage.models", message: `${message}, for ${who}` }));
}

/** What reads or writes training data needs the volume for it. */
function checkDataVolume({ training, storage }: ResolvedStack): ConfigProblem[] {
  if (storage.data !== undefined) return [];
  const message = "needs the data volume; give storage.data";
  const files = (list: readonly { readonly data?: string }[], kind: string) =>
    list.flatMap(({ data }, index) =>
      // An absolute path is in the image; the trainer looks for it.
      data === undefined || data.startsWith("/") ? [] : [{ path: `training.${kind}[${index}].data`, message }],
    );
  return [
    ...files(training.jobs, "jobs"),
    ...files(training.cronJobs, "cronJobs"),
    ...training.cronJobs.flatMap(({ whenNewData }, index) =>
      whenNewData === true ? [{ path: `training.cronJobs[${index}].whenNewData`, message }] : [],
    ),
    ...training.batchJobs.flatMap(({ input }, index) =>
      input === undefined ? [] : [{ path: `training.batchJobs[${index}].input`, message }],
    ),
  ];
}
