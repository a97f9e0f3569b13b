import { apiGatewayPods } from "../../components/api-gateway/api-gateway.ts";
import { API_GATEWAY_CONTAINER } from "../../components/api-gateway/resolve.ts";
import type { FileArgs } from "../../components/kubernetes/files.ts";
import type { PodPatch } from "../../components/kubernetes/pod-patch.ts";
import { loadTestPods } from "../../components/load-test/load-test.ts";
import { LOAD_TEST_CONTAINER } from "../../components/load-test/resolve.ts";
import { podTemplate } from "../../components/serving/model-version.ts";
import { type TrainerVolumes, trainerPods } from "../../components/training/job-spec.ts";
import type { ResolvedJob } from "../../components/training/resolve.ts";
import { trainingJobs } from "./jobs.ts";
import type { ResolvedStack } from "./stack.ts";

/** Pods of a workload. */
export interface WorkloadPods {
  /** Path of the workload in the stack file. */
  readonly path: string;
  readonly pod?: PodPatch;
  /** Paths of the files that the stack file mounts. */
  readonly files: readonly string[];
  /** What the component makes by itself; names that only a deployment knows are left empty. */
  template(): unknown;
  /** Name of the component's own container. */
  readonly container: string;
}

/** Pods of a workload that its `pod` changes. */
export interface PatchedPods extends Omit<WorkloadPods, "template"> {
  readonly pod: PodPatch;
  readonly template: unknown;
}

/** The pods of all workloads that have a `pod`. */
export function patchedPods(stack: ResolvedStack): PatchedPods[] {
  return workloadPods(stack).flatMap(({ pod, template, ...rest }) =>
    pod === undefined ? [] : [{ ...rest, pod, template: template() }],
  );
}

/** The pods of all workloads; their templates are made when they are asked for. */
export function workloadPods(stack: ResolvedStack): WorkloadPods[] {
  return [...served(stack), ...trained(stack), ...others(stack)];
}

interface Files {
  readonly files?: Readonly<Record<string, { readonly key?: string }>>;
}

/** Names of objects that a deployment makes; here only their places count. */
function unknownNames({ files = {} }: Files): {
  readonly configMaps: [];
  readonly secrets: [];
  readonly files: FileArgs["files"];
} {
  const sources = Object.entries(files).map(([path, { key }]) => [
    path,
    { secret: "", ...(key === undefined ? {} : { key }) },
  ]);
  return { configMaps: [], secrets: [], files: Object.fromEntries(sources) };
}

const pathsOf = ({ files = {} }: Files) => Object.keys(files);

function served({ models, images }: ResolvedStack): WorkloadPods[] {
  const imageAccess = { pullPolicy: images.pullPolicy, pullSecret: images.pullSecret };
  return models.flatMap(({ model, versions }, index) =>
    versions.map((version, position): WorkloadPods => {
      const named = { ...version, ...unknownNames(version) };
      const input = { namespace: "", model, image: "", modelsClaim: "", version: named, imageAccess };
      return {
        path: `models[${index}].versions[${position}]`,
        ...(version.pod === undefined ? {} : { pod: version.pod }),
        files: pathsOf(version),
        template: () => podTemplate(input),
        container: version.container.name,
      };
    }),
  );
}

type Job = ResolvedJob & Files & { readonly workers?: number };

function trained({ storage, training, images }: ResolvedStack): WorkloadPods[] {
  const volumes: TrainerVolumes = {
    trainerImage: "",
    imageAccess: { pullPolicy: images.pullPolicy, pullSecret: images.pullSecret },
    modelsClaim: "",
    ...(storage.data === undefined ? {} : { dataClaim: "" }),
  };
  const pods = (path: string, job: Job): WorkloadPods => ({
    path,
    ...(job.pod === undefined ? {} : { pod: job.pod }),
    files: pathsOf(job),
    template: () => trainerPods(volumes, { ...job, ...unknownNames(job), trainerArgs: [] }),
    container: job.container,
  });
  return [
    ...(storage.init === false ? [] : [pods("storage.init", storage.init)]),
    ...trainingJobs(training).map(({ path, job }) => pods(path, job)),
  ];
}

function others({ apiGateway, loadTest }: ResolvedStack): WorkloadPods[] {
  const found: WorkloadPods[] = [];
  if (apiGateway !== undefined) {
    found.push({
      path: "apiGateway",
      ...(apiGateway.pod === undefined ? {} : { pod: apiGateway.pod }),
      files: [],
      template: () => apiGatewayPods(apiGateway, "", undefined),
      container: API_GATEWAY_CONTAINER,
    });
  }
  if (loadTest !== undefined) {
    found.push({
      path: "loadTest",
      ...(loadTest.pod === undefined ? {} : { pod: loadTest.pod }),
      files: [],
      template: () => loadTestPods(loadTest, { image: "", url: "" }),
      container: LOAD_TEST_CONTAINER,
    });
  }
  return found;
}
