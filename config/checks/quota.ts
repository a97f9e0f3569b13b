import { formatThousandths, thousandths } from "../../components/kubernetes/quantity.ts";
import type { StackConfig } from "../schema/stack.ts";
import type { JobWorkload, Workload, Workloads } from "../workloads.ts";
import { type CountedResources, countedResources } from "./limit-range.ts";
import type { ConfigProblem } from "./problem.ts";

/** One part of a sum: what asks for it, how it comes about, and how much it is in thousandths. */
interface Term {
  readonly text: string;
  readonly value: number;
}

/** Terms of a message before the rest is put together. */
const MOST_TERMS = 8;

/**
 * What the stack can ask for at once against the namespace's quota: Deployments at their most with the pods of a rollout,
 * the Jobs that may run together, and the claims. Each sum is given with its arithmetic.
 */
export function checkQuota(config: StackConfig, workloads: Workloads): ConfigProblem[] {
  return Object.entries(config.namespace.quota?.hard ?? {}).flatMap(([bound, hard]) => [
    ...checkGiven(config, workloads, bound),
    ...checkSum(bound, hard, termsOf(config, workloads, bound)),
  ]);
}

/** The most that a stack can ask for of one bound of its quota, beside that bound. */
export interface QuotaUse {
  readonly used: string;
  readonly hard: string;
}

/** What the stack can ask for at once, by the bounds of its quota; empty without a quota. */
export function quotaUse(config: StackConfig, workloads: Workloads): Readonly<Record<string, QuotaUse>> {
  const uses = Object.entries(config.namespace.quota?.hard ?? {}).map(([bound, hard]) => {
    const used = formatThousandths(bound, total(termsOf(config, workloads, bound)));
    return [bound, { used, hard }];
  });
  return Object.fromEntries(uses);
}

function checkSum(bound: string, hard: string, terms: readonly Term[]): ConfigProblem[] {
  const sum = total(terms);
  if (sum <= thousandths(hard)) return [];
  const amount = (value: number) => formatThousandths(bound, value);
  const largest = terms.toSorted((a, b) => b.value - a.value);
  const shown = largest.slice(0, MOST_TERMS).map(({ text, value }) => `${text} = ${amount(value)}`);
  const rest = largest.slice(MOST_TERMS);
  const more = rest.length === 0 ? [] : [`${rest.length} more = ${amount(total(rest))}`];
  const arithmetic = [...shown, ...more].join(", ");
  const message = `the stack can ask for ${amount(sum)}, the quota is ${hard}: ${arithmetic}; lower these, or raise the quota`;
  return [{ path: `namespace.quota.hard.${bound}`, message }];
}

/** A quota on CPU or memory refuses every pod that does not say how much it wants. */
function checkGiven(config: StackConfig, workloads: Workloads, bound: string): ConfigProblem[] {
  const [, kind = "requests", resource = ""] = /^(?:(requests|limits)\.)?(cpu|memory)$/.exec(bound) ?? [];
  if (resource === "") return [];
  return allOf(workloads).flatMap((workload) => {
    const counted = countedResources(workload.resources, config.namespace.limitRange);
    if (counted[kind as keyof CountedResources][resource] !== undefined) return [];
    const message = `is missing, and namespace.quota.hard.${bound} refuses pods without it; give it, or a default in namespace.limitRange.container`;
    return [{ path: `${workload.path}.resources.${kind}.${resource}`, message }];
  });
}

/** Everything that runs pods. */
export function allOf({ servers, init, jobs, others }: Workloads): Workload[] {
  return [...servers, init, ...jobs, ...others];
}

function termsOf(config: StackConfig, workloads: Workloads, bound: string): Term[] {
  const { models, data } = config.storage;
  const claims = { "storage.models": models, ...(data === undefined ? {} : { "storage.data": data }) };
  if (bound === "persistentvolumeclaims") return Object.keys(claims).map((text) => ({ text, value: 1000 }));
  if (bound === "requests.storage") {
    return Object.entries(claims).map(([text, { size }]) => ({ text, value: thousandths(size) }));
  }
  const term = podTerm(config, bound);
  const together = jobsTogether(workloads, config.training.sequential ?? false).map((jobs) => jobs.flatMap(term));
  const most = together.reduce((worst, terms) => (total(terms) > total(worst) ? terms : worst), []);
  return [...workloads.servers.flatMap(term), ...most, ...workloads.others.flatMap(term)];
}

/** Yields what one workload adds to a bound; nothing to one on something else than pods. */
function podTerm(config: StackConfig, bound: string): (workload: Workload) => Term[] {
  const pods = ({ pods: { max, surge } }: Workload) => (surge === 0 ? `${max}` : `(${max} + ${surge} surge)`);
  if (bound === "pods" || bound === "count/pods") {
    return (workload) => [{ text: `${workload.name} ${pods(workload)}`, value: podsAtMost(workload) * 1000 }];
  }
  const [, kind = "requests", name = bound] = /^(requests|limits)\.(.+)$/.exec(bound) ?? [];
  return (workload) => {
    const counted = countedResources(workload.resources, config.namespace.limitRange);
    const each = counted[kind as keyof CountedResources][name];
    if (each === undefined) return [];
    return [{ text: `${workload.name} ${pods(workload)} × ${each}`, value: podsAtMost(workload) * thousandths(each) }];
  };
}

/** The sets of Jobs that can have pods at the same time. Training waits until the volumes are laid out. */
function jobsTogether({ init, jobs }: Workloads, sequential: boolean): (readonly JobWorkload[])[] {
  if (!sequential) return [[init], jobs];
  // A Job that is not waited for may still be there when the next ones run.
  return [[init], ...jobs.map((job, index) => [...jobs.slice(0, index).filter(({ awaited }) => !awaited), job])];
}

function podsAtMost({ pods }: Workload): number {
  return pods.max + pods.surge;
}

function total(terms: readonly Term[]): number {
  return terms.reduce((sum, { value }) => sum + value, 0);
}
