import { formatMilliUnits, milliUnits } from "../../components/kubernetes/quantity.ts";
import { createdClaims } from "../../components/storage/resolve.ts";
import type { CountedResources } from "../resolve/counted-resources.ts";
import type { ResolvedStack } from "../resolve/stack.ts";
import type { JobWorkload, Workload, Workloads } from "../resolve/workloads.ts";
import type { ConfigProblem } from "./problem.ts";

/** The parts of a stack that its quota applies to. */
type BoundedStack = Pick<ResolvedStack, "namespace" | "storage" | "training" | "workloads">;

/** One part of a sum: what requests it, how it is calculated, and its amount in milli-units. */
interface Term {
  readonly text: string;
  readonly value: number;
}

/** Number of terms that a message lists; the rest is added up. */
const MOST_TERMS = 8;

/**
 * The most that the stack can request at once against the namespace's quota: Deployments at their largest with the pods of a
 * rollout, the Jobs that may run together, and the claims. Each message shows its arithmetic.
 */
export function checkQuota(stack: BoundedStack): ConfigProblem[] {
  return hardLimits(stack).flatMap(([limit, hard]) => [
    ...checkGiven(stack.workloads, limit),
    ...checkSum(limit, hard, termsOf(stack, limit)),
  ]);
}

function hardLimits({ namespace }: BoundedStack): [string, string][] {
  return Object.entries(namespace.quota?.hard ?? {});
}

/** The most that a stack can request of one resource, and the quota on it. */
export interface QuotaUse {
  readonly used: string;
  readonly hard: string;
}

/** The most that the stack can request at once, by the entries of its quota; empty without a quota. */
export function quotaUse(stack: BoundedStack): Readonly<Record<string, QuotaUse>> {
  const uses = hardLimits(stack).map(([limit, hard]) => {
    const used = formatMilliUnits(limit, total(termsOf(stack, limit)));
    return [limit, { used, hard }];
  });
  return Object.fromEntries(uses);
}

function checkSum(limit: string, hard: string, terms: readonly Term[]): ConfigProblem[] {
  const sum = total(terms);
  if (sum <= milliUnits(hard)) return [];
  const amount = (value: number) => formatMilliUnits(limit, value);
  const largest = terms.toSorted((a, b) => b.value - a.value);
  const shown = largest.slice(0, MOST_TERMS).map(({ text, value }) => `${text} = ${amount(value)}`);
  const rest = largest.slice(MOST_TERMS);
  const more = rest.length === 0 ? [] : [`${rest.length} more = ${amount(total(rest))}`];
  const arithmetic = [...shown, ...more].join(", ");
  const message = `the stack can ask for ${amount(sum)}, the quota is ${hard}: ${arithmetic}; lower these, or raise the quota`;
  return [{ path: `namespace.quota.hard.${limit}`, message }];
}

/** A quota on CPU or memory rejects every pod that does not set it. */
function checkGiven(workloads: Workloads, limit: string): ConfigProblem[] {
  const [, kind = "requests", resource = ""] = /^(?:(requests|limits)\.)?(cpu|memory)$/.exec(limit) ?? [];
  if (resource === "") return [];
  const containers = allOf(workloads).flatMap((workload) => workload.containers);
  return containers.flatMap(({ path, resources }) => {
    if (resources[kind as keyof CountedResources][resource] !== undefined) return [];
    const message = `is missing, but namespace.quota.hard.${limit} rejects pods without it; set it, or set a default in namespace.limitRange.container`;
    return [{ path: `${path}.${kind}.${resource}`, message }];
  });
}

/** Everything that runs pods. */
export function allOf({ deployments, init, trainingJobs, concurrentJobs }: Workloads): Workload[] {
  return [...deployments, ...(init === undefined ? [] : [init]), ...trainingJobs, ...concurrentJobs];
}

function termsOf({ storage, training, workloads }: BoundedStack, limit: string): Term[] {
  const claims = createdClaims(storage);
  if (limit === "persistentvolumeclaims") return Object.keys(claims).map((text) => ({ text, value: 1000 }));
  if (limit === "requests.storage") {
    return Object.entries(claims).map(([text, { size }]) => ({ text, value: milliUnits(size) }));
  }
  const term = podTerm(limit);
  const together = jobsTogether(workloads, training.sequential).map((jobs) => jobs.flatMap(term));
  const most = together.reduce((worst, terms) => (total(terms) > total(worst) ? terms : worst), []);
  return [...workloads.deployments.flatMap(term), ...most, ...workloads.concurrentJobs.flatMap(term)];
}

/** Yields what one workload adds to a sum; nothing if the quota is not on pods or their resources. */
function podTerm(limit: string): (workload: Workload) => Term[] {
  const pods = ({ pods: { max, surge } }: Workload) => (surge === 0 ? `${max}` : `(${max} + ${surge} surge)`);
  if (limit === "pods" || limit === "count/pods") {
    return (workload) => [{ text: `${workload.name} ${pods(workload)}`, value: podsAtMost(workload) * 1000 }];
  }
  const [, kind = "requests", name = limit] = /^(requests|limits)\.(.+)$/.exec(limit) ?? [];
  return (workload) => {
    const each = workload.resources[kind as keyof CountedResources][name];
    if (each === undefined) return [];
    return [{ text: `${workload.name} ${pods(workload)} × ${each}`, value: podsAtMost(workload) * milliUnits(each) }];
  };
}

/** The sets of Jobs that can have pods at the same time. Training waits until the volumes are laid out. */
function jobsTogether({ init, trainingJobs }: Workloads, sequential: boolean): (readonly Workload[])[] {
  const first = init === undefined ? [] : [init];
  if (!sequential) return [first, trainingJobs];
  // A Job that is not waited for may still be running when the next ones start.
  const stillRunning = (jobs: readonly JobWorkload[]) => jobs.filter(({ skipAwait }) => skipAwait);
  return [first, ...trainingJobs.map((job, index) => [...stillRunning(trainingJobs.slice(0, index)), job])];
}

function podsAtMost({ pods }: Workload): number {
  return pods.max + pods.surge;
}

function total(terms: readonly Term[]): number {
  return terms.reduce((sum, { value }) => sum + value, 0);
}
