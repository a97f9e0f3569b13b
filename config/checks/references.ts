import type { ResolvedStack } from "../resolve/stack.ts";
import { type ConfigProblem, listed } from "./problem.ts";
import { checkSecretKey } from "./secrets.ts";

/** A workload that takes its environment from whole ConfigMaps and Secrets. */
interface Consumer {
  readonly configMaps?: readonly string[];
  readonly secrets?: readonly string[];
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
  const { jobs, cronJobs, batchJobs } = training;
  return [
    ...models.flatMap(({ versions }, index) =>
      versions.map((version, position): [string, Consumer] => [`models[${index}].versions[${position}]`, version]),
    ),
    ...Object.entries({ jobs, cronJobs, batchJobs }).flatMap(([kind, list]) =>
      list.map((job, index): [string, Consumer] => [`training.${kind}[${index}]`, job]),
    ),
  ];
}

function checkConsumer(
  stack: ResolvedStack,
  { configMaps = [], secrets = [] }: Consumer,
  path: string,
): ConfigProblem[] {
  return [
    ...configMaps.flatMap((name, index) =>
      stack.configMaps[name] === undefined
        ? [
            {
              path: `${path}.configMaps[${index}]`,
              message: `there is no ConfigMap "${name}" under configMaps${listed(Object.keys(stack.configMaps))}`,
            },
          ]
        : [],
    ),
    ...secrets.flatMap((name, index) => {
      const place = `${path}.secrets[${index}]`;
      const secret = stack.secrets[name];
      if (secret === undefined) {
        const known = listed(Object.keys(stack.secrets));
        return [{ path: place, message: `there is no secret "${name}" under secrets${known}` }];
      }
      if (secret.registry === undefined) return [];
      return [
        { path: place, message: `secret "${name}" holds the credentials of a registry; use it as images.pullSecret` },
      ];
    }),
  ];
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
