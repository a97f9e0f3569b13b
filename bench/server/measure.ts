import type { Payload } from "./cases.ts";
import { pace, saturate } from "./load.ts";
import type { BenchServer } from "./process.ts";

/** A server and what is sent to it. */
export interface Contestant {
  readonly server: BenchServer;
  readonly payload: Payload;
}

/** Medians over the rounds, and the memory at their end. */
export interface Throughput {
  readonly server: string;
  readonly requestsPerSecond: number;
  /** Requests for each second of the processor that the server used: the same however busy the machine is otherwise. */
  readonly requestsPerCpuSecond: number;
  readonly residentMiB: number;
}

const ROUNDS = 5;
const ROUND_SECONDS = 1;
/** Requests before anything is counted, so that what is compiled on the way is compiled; or as many as this time allows. */
const WARM_UP_REQUESTS = 30_000;
const WARM_UP_SECONDS = 5;

/** Measures servers at saturation in turns, so that whatever else the machine does meets all of them. */
export async function throughput(contestants: readonly Contestant[], connections: number): Promise<Throughput[]> {
  for (const { server, payload } of contestants) {
    let requests = 0;
    for (let second = 0; second < WARM_UP_SECONDS && requests < WARM_UP_REQUESTS; second++) {
      requests += (await saturate(server.port, payload, connections, 1)).requests;
    }
  }
  const rounds = contestants.map(() => ({ perSecond: [] as number[], perCpuSecond: [] as number[] }));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [index, { server, payload }] of contestants.entries()) {
      const before = await server.cpuSeconds();
      const { requests, seconds } = await saturate(server.port, payload, connections, ROUND_SECONDS);
      rounds[index]?.perSecond.push(requests / seconds);
      rounds[index]?.perCpuSecond.push(requests / ((await server.cpuSeconds()) - before));
    }
  }
  return Promise.all(
    contestants.map(async ({ server }, index) => ({
      server: server.name,
      requestsPerSecond: median(rounds[index]?.perSecond ?? []),
      requestsPerCpuSecond: median(rounds[index]?.perCpuSecond ?? []),
      residentMiB: (await server.residentBytes()) / 1024 ** 2,
    })),
  );
}

/** Latency at half the throughput, in milliseconds: medians over the rounds. */
export interface HalfLoad {
  readonly server: string;
  readonly rate: number;
  readonly p50: number;
  readonly p99: number;
}

/** Measures servers at half of what each takes, in turns. */
export async function halfLoad(
  contestants: readonly Contestant[],
  saturated: readonly Throughput[],
): Promise<HalfLoad[]> {
  const rates = contestants.map((_, index) => (saturated[index]?.requestsPerSecond ?? 0) / 2);
  const rounds = contestants.map(() => ({ p50: [] as number[], p99: [] as number[] }));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [index, { server, payload }] of contestants.entries()) {
      const { p50, p99 } = await pace(server.port, payload, rates[index] ?? 1, ROUND_SECONDS);
      rounds[index]?.p50.push(p50);
      rounds[index]?.p99.push(p99);
    }
  }
  return contestants.map(({ server }, index) => ({
    server: server.name,
    rate: rates[index] ?? 0,
    p50: median(rounds[index]?.p50 ?? []),
    p99: median(rounds[index]?.p99 ?? []),
  }));
}

/** What becomes of four times the load that a server takes. */
export interface Overload {
  readonly offeredPerSecond: number;
  readonly answeredPerSecond: number;
  /** Answered with 200 of what is answered at saturation. */
  readonly goodput: number;
  readonly statuses: Readonly<Record<string, number>>;
  /** Statuses at half load in the second after. */
  readonly after: Readonly<Record<string, number>>;
}

const OVERLOAD = 4;

export async function overload({ server, payload }: Contestant, { requestsPerSecond }: Throughput): Promise<Overload> {
  const flooded = await pace(server.port, payload, OVERLOAD * requestsPerSecond, 4 * ROUND_SECONDS);
  const after = await pace(server.port, payload, requestsPerSecond / 2, 1);
  const answered = (flooded.statuses["200"] ?? 0) / flooded.seconds;
  return {
    offeredPerSecond: OVERLOAD * requestsPerSecond,
    answeredPerSecond: answered,
    goodput: answered / requestsPerSecond,
    statuses: flooded.statuses,
    after: after.statuses,
  };
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}
