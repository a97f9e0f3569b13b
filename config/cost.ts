import { milliUnits } from "../components/kubernetes/quantity.ts";
import { gpuShare } from "../components/platform/gpu-pool.ts";
import { createdClaims } from "../components/storage/resolve.ts";
import type { ResolvedStack } from "./resolve/stack.ts";
import type { Workload } from "./resolve/workloads.ts";

/** Hours of a month: 365 days × 24 hours / 12. */
const HOURS_PER_MONTH = 730;

/** The monthly cost of a part of a stack, in the prices' currency, rounded to cents. */
export interface MonthlyCost {
  readonly name: string;
  /** With the minimum number of pods of the autoscaler. */
  readonly minimum: number;
  /** With the maximum number of pods of the autoscaler. */
  readonly maximum: number;
}

/**
 * The cost of a stack according to its requests. Not included: the extra pods of a rollout, traffic, and the cluster
 * itself.
 */
export interface CostEstimate {
  readonly currency: string;
  /** Serving and storage together. */
  readonly perMonth: { readonly minimum: number; readonly maximum: number };
  readonly parts: readonly MonthlyCost[];
  /** The cost of each Job per hour of running. */
  readonly jobsPerHour: Readonly<Record<string, number>>;
}

/** The parts of a stack that have a price. */
type EstimatedStack = Pick<ResolvedStack, "prices" | "workloads" | "storage" | "gpuPool">;

/** Estimates what a stack costs: requested CPU, memory and GPUs by the hour, storage by the month. */
export function estimateCost({ prices, workloads, storage, gpuPool }: EstimatedStack): CostEstimate {
  const { deployments, trainingJobs, concurrentJobs } = workloads;
  const plugin = gpuPool?.devicePlugin;
  const timeSlices = plugin === undefined || plugin === false ? 1 : (plugin.timeSlices ?? 1);
  const hour = (workload: Workload) => podHour(workload, prices, timeSlices);
  const parts = [
    ...deployments.map((deployment) => monthly(deployment, hour(deployment))),
    ...storageCosts(storage, prices.storageGiBMonth),
  ];
  const perHour = (job: Workload) => round(job.pods.max * hour(job), 4);
  return {
    currency: prices.currency,
    perMonth: { minimum: sum(parts.map(({ minimum }) => minimum)), maximum: sum(parts.map(({ maximum }) => maximum)) },
    parts,
    jobsPerHour: Object.fromEntries([...trainingJobs, ...concurrentJobs].map((job) => [job.name, perHour(job)])),
  };
}

/** What one pod of a workload costs an hour. */
function podHour({ resources }: Workload, prices: ResolvedStack["prices"], timeSlices: number): number {
  const amount = (resource: string) => milliUnits(resources.requests[resource] ?? "0") / 1000;
  const gpus = Object.keys(resources.requests).reduce(
    (sum, name) => sum + amount(name) * gpuShare(name, timeSlices),
    0,
  );
  return amount("cpu") * prices.cpuHour + (amount("memory") / 2 ** 30) * prices.memoryGiBHour + gpus * prices.gpuHour;
}

function monthly({ name, pods }: Workload, hour: number): MonthlyCost {
  const month = hour * HOURS_PER_MONTH;
  return { name, minimum: round(pods.min * month, 2), maximum: round(pods.max * month, 2) };
}

function storageCosts(storage: ResolvedStack["storage"], price: number): MonthlyCost[] {
  return Object.entries(createdClaims(storage)).map(([path, { name, size }]) => {
    const month = round((milliUnits(size) / 1000 / 2 ** 30) * price, 2);
    return { name: name ?? path, minimum: month, maximum: month };
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
