import { defaultPrices, GPU_RESOURCE } from "../components/defaults.ts";
import { thousandths } from "../components/kubernetes/quantity.ts";
import { countedResources } from "./checks/limit-range.ts";
import type { StackConfig } from "./schema/stack.ts";
import { type Workload, workloadsOf } from "./workloads.ts";

/** Hours of a month: 365 days × 24 hours / 12. */
const HOURS_PER_MONTH = 730;

/** What a part of a stack costs a month, in the prices' currency, to cents. */
export interface MonthlyCost {
  readonly name: string;
  /** With the fewest pods that the autoscaler may leave. */
  readonly minimum: number;
  /** With the most pods that it may make. */
  readonly maximum: number;
}

/** What a stack costs, by what it requests; a rollout's extra pods, traffic and the cluster itself are not in it. */
export interface CostEstimate {
  readonly currency: string;
  /** Serving and storage together. */
  readonly perMonth: { readonly minimum: number; readonly maximum: number };
  readonly parts: readonly MonthlyCost[];
  /** What each Job costs for every hour that it runs; how long that is, only it can tell. */
  readonly jobsPerHour: Readonly<Record<string, number>>;
}

/** Estimates what a stack costs: requested CPU, memory and GPUs by the hour, storage by the month. */
export function estimateCost(config: StackConfig): CostEstimate {
  const prices = { ...defaultPrices, ...config.prices };
  const { servers, jobs, others } = workloadsOf(config);
  const parts = [
    ...servers.map((server) => monthly(server, podHour(config, server, prices))),
    ...storageCosts(config, prices.storageGiBMonth),
  ];
  const perHour = (job: Workload) => round(job.pods.max * podHour(config, job, prices), 4);
  return {
    currency: prices.currency,
    perMonth: { minimum: sum(parts.map(({ minimum }) => minimum)), maximum: sum(parts.map(({ maximum }) => maximum)) },
    parts,
    jobsPerHour: Object.fromEntries([...jobs, ...others].map((job) => [job.name, perHour(job)])),
  };
}

/** What one pod of a workload costs an hour. */
function podHour(config: StackConfig, { resources }: Workload, prices: typeof defaultPrices): number {
  const { requests } = countedResources(resources, config.namespace.limitRange);
  const amount = (resource: string) => thousandths(requests[resource] ?? "0") / 1000;
  return (
    amount("cpu") * prices.cpuHour +
    (amount("memory") / 2 ** 30) * prices.memoryGiBHour +
    amount(GPU_RESOURCE) * prices.gpuHour
  );
}

function monthly({ name, pods }: Workload, hour: number): MonthlyCost {
  const month = hour * HOURS_PER_MONTH;
  return { name, minimum: round(pods.min * month, 2), maximum: round(pods.max * month, 2) };
}

function storageCosts({ storage }: StackConfig, price: number): MonthlyCost[] {
  return Object.entries({ models: storage.models, data: storage.data }).flatMap(([volume, claim]) => {
    if (claim === undefined) return [];
    const month = round((thousandths(claim.size) / 1000 / 2 ** 30) * price, 2);
    return [{ name: claim.name ?? `storage.${volume}`, minimum: month, maximum: month }];
  });
}

function sum(amounts: readonly number[]): number {
  return round(
    amounts.reduce((total, amount) => total + amount, 0),
    2,
  );
}

function round(amount: number, digits: number): number {
  return Number(amount.toFixed(digits));
}
