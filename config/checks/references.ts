import { kubernetesName } from "../../components/kubernetes/names.ts";
import type { StackConfig } from "../schema/stack.ts";
import { entryName } from "./entries.ts";
import { type ConfigProblem, listed } from "./problem.ts";
import { checkSecretKey } from "./secrets.ts";

/** A workload that takes its environment from whole ConfigMaps and Secrets. */
interface Consumer {
  readonly configMaps?: readonly string[];
  readonly secrets?: readonly string[];
}

/** Every ConfigMap, Secret and volume that a workload names is there. */
export function checkReferences(config: StackConfig): ConfigProblem[] {
  return [
    ...consumers(config).flatMap(([path, consumer]) => checkConsumer(config, consumer, path)),
    ...checkPullSecret(config),
    ...checkLoadTest(config),
    ...checkDataVolume(config),
  ];
}

function consumers({ models, training }: StackConfig): [string, Consumer][] {
  const jobs = { jobs: training.jobs, cronJobs: training.cronJobs, batchJobs: training.batchJobs };
  return [
    ...models.flatMap(({ versions }, index) =>
      versions.map((version, position): [string, Consumer] => [`models[${index}].versions[${position}]`, version]),
    ),
    ...Object.entries(jobs).flatMap(([kind, list]) =>
      (list ?? []).map((job, index): [string, Consumer] => [`training.${kind}[${index}]`, job]),
    ),
  ];
}

function checkConsumer(
  config: StackConfig,
  { configMaps = [], secrets = [] }: Consumer,
  path: string,
): ConfigProblem[] {
  return [
    ...configMaps.flatMap((name, index) =>
      config.configMaps[name] === undefined
        ? [
            {
              path: `${path}.configMaps[${index}]`,
              message: `there is no ConfigMap "${name}" under configMaps${listed(Object.keys(config.configMaps))}`,
            },
          ]
        : [],
    ),
    ...secrets.flatMap((name, index) => {
      const place = `${path}.secrets[${index}]`;
      const secret = config.secrets[name];
      if (secret === undefined) {
        const known = listed(Object.keys(config.secrets));
        return [{ path: place, message: `there is no secret "${name}" under secrets${known}` }];
      }
      if (secret.data !== undefined) return [];
      return [{ path: place, message: `secret "${name}" holds the credentials of a registry; see images.pullSecret` }];
    }),
  ];
}

function checkPullSecret({ images, secrets }: StackConfig): ConfigProblem[] {
  const { pullSecret } = images;
  if (pullSecret === undefined || secrets[pullSecret]?.registry !== undefined) return [];
  const registries = Object.keys(secrets).filter((name) => secrets[name]?.registry !== undefined);
  const message = `there is no secret "${pullSecret}" with a registry's credentials under secrets${listed(registries)}`;
  return [{ path: "images.pullSecret", message }];
}

function checkLoadTest({ loadTest, models, secrets }: StackConfig): ConfigProblem[] {
  const { model, secretEnvironment = {} } = loadTest ?? {};
  const known = models.map(entryName);
  return [
    ...(model === undefined || known.includes(kubernetesName(model))
      ? []
      : [{ path: "loadTest.model", message: `there is no model "${model}"${listed(known)}` }]),
    ...Object.entries(secretEnvironment).flatMap(([variable, reference]) =>
      checkSecretKey(secrets, reference, `loadTest.secretEnvironment.${variable}`),
    ),
  ];
}

/** What reads or writes training data needs the volume for it. */
function checkDataVolume({ training, storage }: StackConfig): ConfigProblem[] {
  if (storage.data !== undefined) return [];
  const message = "needs the data volume; give storage.data";
  const files = (list: readonly { readonly data?: string }[] | undefined, kind: string) =>
    (list ?? []).flatMap(({ data }, index) =>
      // Anywhere else in the image is the trainer's to look.
      data === undefined || data.startsWith("/") ? [] : [{ path: `training.${kind}[${index}].data`, message }],
    );
  return [
    ...files(training.jobs, "jobs"),
    ...files(training.cronJobs, "cronJobs"),
    ...(training.cronJobs ?? []).flatMap(({ whenNewData }, index) =>
      whenNewData === true ? [{ path: `training.cronJobs[${index}].whenNewData`, message }] : [],
    ),
    ...(training.batchJobs ?? []).flatMap(({ input }, index) =>
      input === undefined ? [] : [{ path: `training.batchJobs[${index}].input`, message }],
    ),
  ];
}
