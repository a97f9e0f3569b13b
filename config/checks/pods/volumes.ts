import { isCreated } from "../../../components/storage/resolve.ts";
import type { ResolvedStack } from "../../resolve/stack.ts";
import type { JobWorkload, Workload } from "../../resolve/workloads.ts";
import { type ConfigProblem, combined, type Findings } from "../problem.ts";

const NODE_LABEL = "kubernetes.io/hostname";

type Claim = NonNullable<ResolvedStack["storage"]["models"]>;

/** Pods that may use a claim at the same time. */
type Users = readonly Workload[];

/** Claims carry the pods that use them: as many as their access mode allows, on the nodes that it allows. */
export function checkVolumes(stack: ResolvedStack): Findings {
  const { storage, workloads, training } = stack;
  const { models, data } = storage;
  const scheduled = workloads.concurrentJobs.filter(({ path }) => path !== "loadTest");
  const jobs = [...jobsAtOnce(workloads.trainingJobs, training.sequential), ...scheduled];
  const mounting = mountingPods(stack);
  const servers = workloads.deployments.filter(({ path }) => mounting.has(path));
  const checked = [
    ...(models === undefined ? [] : [checkClaim(stack, "storage.models", models, [...servers, ...jobs])]),
    ...(data === undefined ? [] : [checkClaim(stack, "storage.data", data, jobs)]),
  ];
  return combined(checked);
}

/** Versions whose pods mount the models volume: neither none, nor one of their own. */
function mountingPods({ models }: ResolvedStack): Set<string> {
  return new Set(
    models.flatMap(({ versions }, index) =>
      versions.flatMap(({ modelsPath, source }, position) =>
        modelsPath === false || source?.storage === "pod" ? [] : [`models[${index}].versions[${position}]`],
      ),
    ),
  );
}

/** The training Jobs that may run at the same time. */
function jobsAtOnce(jobs: readonly JobWorkload[], sequential: boolean): Users {
  if (!sequential) return jobs;
  const [largest] = jobs.filter(({ skipAwait }) => !skipAwait).toSorted((a, b) => b.pods.max - a.pods.max);
  return [...jobs.filter(({ skipAwait }) => skipAwait), ...(largest === undefined ? [] : [largest])];
}

function checkClaim(stack: ResolvedStack, place: string, claim: Claim, users: Users): Findings {
  // What a claim from elsewhere can carry is known to others.
  if (!isCreated(claim)) return { problems: [], notices: [] };
  const { accessMode } = claim;
  const path = `${place}.accessMode`;
  const problem = (message: string): Findings => ({ problems: [{ path, message }], notices: [] });
  if (accessMode === "ReadOnlyMany") {
    return problem("ReadOnlyMany can never be written, and the init Job lays the volume out; take ReadWriteMany");
  }
  const pods = users.reduce((sum, { pods: { max, surge } }) => sum + max + surge, 0);
  if (accessMode === "ReadWriteMany" || pods <= 1) return { problems: [], notices: [] };
  if (accessMode === "ReadWriteOncePod") {
    return problem(`ReadWriteOncePod lets one pod use the volume, and ${describe(users)} may run; take ReadWriteMany`);
  }
  if (nodesOf(stack).size === 1) return { problems: [], notices: [] };
  const apart = separated(stack, path);
  const message = `ReadWriteOnce attaches the volume to one node, and ${describe(users)} all have to run there; take ReadWriteMany, or name one node by ${NODE_LABEL} in their nodeSelector`;
  return { problems: apart, notices: apart.length === 0 ? [{ path, message }] : [] };
}

const MOST_NAMED = 4;

function describe(users: Users): string {
  const named = users.map(({ name, pods: { max, surge } }) => `${name} (${surge === 0 ? max : `${max} + ${surge}`})`);
  const more = named.length > MOST_NAMED ? [`${named.length - MOST_NAMED} more`] : [];
  return `the pods of ${[...named.slice(0, MOST_NAMED), ...more].join(", ")}`;
}

/** The nodes that the pods with a volume are bound to by name; one empty name stands for any node. */
function nodesOf({ models, training }: ResolvedStack): Set<string> {
  const selectors = [
    ...models.flatMap(({ versions }) => versions.map(({ scheduling }) => scheduling.nodeSelector)),
    ...[...training.jobs, ...training.cronJobs, ...training.batchJobs].map(({ nodeSelector }) => nodeSelector),
  ];
  const nodes = new Set(selectors.map((selector) => selector?.[NODE_LABEL] ?? ""));
  return nodes.has("") ? new Set(["", ...nodes, "any"]) : nodes;
}

/** Versions whose pods must run on different nodes. */
function separated({ models, workloads }: ResolvedStack, path: string): ConfigProblem[] {
  return models.flatMap(({ versions }, index) =>
    versions.flatMap((version, position) => {
      const place = `models[${index}].versions[${position}]`;
      const pods = workloads.deployments.find((deployment) => deployment.path === place)?.pods.max ?? 0;
      const { topologySpread } = version.scheduling;
      const forced = topologySpread.findIndex(
        ({ topologyKey, whenUnsatisfiable }) => topologyKey === NODE_LABEL && whenUnsatisfiable === "DoNotSchedule",
      );
      if (forced < 0 || pods <= (topologySpread[forced]?.maxSkew ?? 1)) return [];
      const message = `ReadWriteOnce attaches the volume to one node, and ${place}.scheduling.topologySpread[${forced}] wants its pods on several; take ReadWriteMany`;
      return [{ path, message }];
    }),
  );
}
