import { apiGatewayPods } from "../../components/api-gateway/api-gateway.ts";
import { API_GATEWAY_CONTAINER } from "../../components/api-gateway/resolve.ts";
import type { PodPatch } from "../../components/kubernetes/pod-patch.ts";
import { loadTestPods } from "../../components/load-test/load-test.ts";
import { LOAD_TEST_CONTAINER } from "../../components/load-test/resolve.ts";
import { podTemplate } from "../../components/serving/model-version.ts";
import { type TrainerVolumes, trainerPods } from "../../components/training/job-spec.ts";
import type { ResolvedJob } from "../../components/training/resolve.ts";
import type { ResolvedStack } from "./stack.ts";

/** Pods of a workload that its `pod` changes. */
export interface PatchedPods {
  /** Path of the workload in the stack file. */
  readonly path: string;
  readonly pod: PodPatch;
  /** What the component makes by itself; names that only a deployment knows are left empty. */
  readonly template: unknown;
  /** Name of the component's own container. */
  readonly container: string;
}

/** Names of objects that a deployment makes; here only their places count. */
const UNKNOWN = { configMaps: [], secrets: [] };

/** The pods of all workloads that have a `pod`. */
export function patchedPods(stack: ResolvedStack): PatchedPods[] {
  return [...served(stack), ...trained(stack), ...others(stack)];
}

function served({ models, images }: ResolvedStack): PatchedPods[] {
  const imageAccess = { pullPolicy: images.pullPolicy, pullSecret: images.pullSecret };
  return models.flatMap(({ model, versions }, index) =>
    versions.flatMap((version, position) => {
      const { pod } = version;
      if (pod === undefined) return [];
      const input = {
        namespace: "",
        model,
        image: "",
        modelsClaim: "",
        version: { ...version, ...UNKNOWN },
        imageAccess,
      };
      const path = `models[${index}].versions[${position}]`;
      return [{ path, pod, template: podTemplate(input), container: version.container.name }];
    }),
  );
}

function trained({ storage, training, images }: ResolvedStack): PatchedPods[] {
  const volumes: TrainerVolumes = {
    trainerImage: "",
    imageAccess: { pullPolicy: images.pullPolicy, pullSecret: images.pullSecret },
    modelsClaim: "",
    ...(storage.data === undefined ? {} : { dataClaim: "" }),
  };
  const pods = (path: string, job: ResolvedJob & { readonly workers?: number }): PatchedPods[] => {
    if (job.pod === undefined) return [];
    const template = trainerPods(volumes, { ...job, ...UNKNOWN, trainerArgs: [] });
    return [{ path, pod: job.pod, template, container: job.container }];
  };
  const { jobs, cronJobs, batchJobs } = training;
  return [
    ...(storage.init === false ? [] : pods("storage.init", storage.init)),
    ...Object.entries({ jobs, cronJobs, batchJobs }).flatMap(([kind, list]) =>
      list.flatMap((job, index) => pods(`training.${kind}[${index}]`, job)),
    ),
  ];
}

function others({ apiGateway, loadTest }: ResolvedStack): PatchedPods[] {
  const found: PatchedPods[] = [];
  if (apiGateway?.pod !== undefined) {
    const template = apiGatewayPods(apiGateway, "", undefined);
    found.push({ path: "apiGateway", pod: apiGateway.pod, template, container: API_GATEWAY_CONTAINER });
  }
  if (loadTest?.pod !== undefined) {
    const template = loadTestPods(loadTest, { image: "", url: "" });
    found.push({ path: "loadTest", pod: loadTest.pod, template, container: LOAD_TEST_CONTAINER });
  }
  return found;
}
