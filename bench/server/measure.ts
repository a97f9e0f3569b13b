import type { Payload } from "./cases.ts";
import { pace, saturate } from "./load.ts";
import { type BenchServer, type Start, startServer } from "./process.ts";

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
const PACED_SECONDS = 2;
/**
 * Rounds that are not counted. Another load has code compiled anew, by threads that share the server's only core with it:
 * for the first ten seconds they take it for milliseconds at a time.
 */
const PACED_WARM_UPS = 5;
/** Requests before anything is counted, so that what is compiled on the way is compiled; or as many as this time allows. */
const WARM_UP_REQUESTS = 30_000;
const WARM_UP_SECONDS = 5;

/** Measures servers at saturation in turns, so that whatever else the machine does meets all of them. */
export async function throughput(contestants: readonly Contestant[], connections: number): Promise<Throughput[]> {
  for (const contestant of contestants) await warmUp(contestant, connections);
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

async function warmUp({ server, payload }: Contestant, connections: number): Promise<void> {
  let requests = 0;
  for (let second = 0; second < WARM_UP_SECONDS && requests < WARM_UP_REQUESTS; second++) {
    requests += (await saturate(server.port, payload, connections, 1)).requests;
  }
}

/** Latency at half the throughput, in milliseconds: medians over the rounds. */
export interface HalfLoad {
  readonly server: string;
  readonly rate: number;
  readonly p50: number;
  readonly p99: number;
  /** Refused of all requests in the worst of the rounds: at half load there should be none. */
  readonly refusedShare: number;
}

/** Measures servers at half of what each takes, in turns. */
export async function halfLoad(
  contestants: readonly Contestant[],
  saturated: readonly Throughput[],
): Promise<HalfLoad[]> {
  const rates = contestants.map((_, index) => (saturated[index]?.requestsPerSecond ?? 0) / 2);
  const rounds = contestants.map(() => ({ p50: [] as number[], p99: [] as number[], refused: [] as number[] }));
  for (let round = -PACED_WARM_UPS; round < ROUNDS; round++) {
    for (const [index, { server, payload }] of contestants.entries()) {
      const paced = await pace(server.port, payload, rates[index] ?? 1, PACED_SECONDS);
      if (round < 0) continue;
      rounds[index]?.p50.push(paced.percentile(50));
      rounds[index]?.p99.push(paced.percentile(99));
      rounds[index]?.refused.push(paced.refused / paced.requests);
    }
  }
  return contestants.map(({ server }, index) => ({
    server: server.name,
    rate: rates[index] ?? 0,
    p50: median(rounds[index]?.p50 ?? []),
    p99: median(rounds[index]?.p99 ?? []),
    refusedShare: Math.max(...(rounds[index]?.refused ?? [])),
  }));
}

/** What becomes of four times the load that a server takes: medians over the rounds. */
export interface Overload extends OverloadFigures {
  readonly server: string;
}

interface OverloadFigures {
  readonly offeredPerSecond: number;
  readonly answeredPerSecond: number;
  /** Answered with 2xx of what is answered at saturation: by the clock, and by the processor time of the server. */
  readonly goodput: number;
  readonly goodputPerCpu: number;
  /** Refused of all requests. */
  readonly refusedShare: number;
  /** Time in which half of the refusals came, and nearly all (99 in a hundred), in milliseconds. */
  readonly refusalP50: number;
  readonly refusalP99: number;
  /** Of the requests at half load in the second after, how many were answered with 2xx. */
  readonly after: number;
}

const OVERLOAD = 4;
/** Several times as many as the queue holds of 32 rows: those that wait in it ask for nothing meanwhile. */
const OVERLOAD_CLIENTS = 512;
const OVERLOAD_SECONDS = 4;
/** Overload that is not counted, as with half load: what refuses is compiled as well. */
const OVERLOAD_WARM_UP_SECONDS = 12;

/** Floods servers, and at once lets them be: saturation, four times that, and half of it, in turns. */
export async function overload(contestants: readonly Contestant[], connections: number): Promise<Overload[]> {
  for (const contestant of contestants) {
    await warmUp(contestant, connections);
    await flood(contestant, connections, OVERLOAD_WARM_UP_SECONDS);
  }
  const rounds = contestants.map((): OverloadFigures[] => []);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [index, contestant] of contestants.entries()) {
      rounds[index]?.push(await flood(contestant, connections, OVERLOAD_SECONDS));
    }
  }
  return contestants.map(({ server }, index) => ({ server: server.name, ...medians(rounds[index] ?? []) }));
}

async function flood({ server, payload }: Contestant, connections: number, seconds: number): Promise<OverloadFigures> {
  const start = await server.cpuSeconds();
  const saturated = await saturate(server.port, payload, connections, 2 * ROUND_SECONDS);
  const between = await server.cpuSeconds();
  const rate = saturated.requests / saturated.seconds;
  const flooded = await pace(server.port, payload, OVERLOAD * rate, seconds, OVERLOAD_CLIENTS);
  const end = await server.cpuSeconds();
  const after = await pace(server.port, payload, rate / 2, 1);
  const answered = flooded.requests - flooded.refused;
  const refusedShare = flooded.refused / flooded.requests;
  return {
    offeredPerSecond: OVERLOAD * rate,
    answeredPerSecond: answered / flooded.seconds,
    goodput: answered / flooded.seconds / rate,
    goodputPerCpu: answered / (end - between) / (saturated.requests / (between - start)),
    refusedShare,
    // A refusal waits for nothing but the run that is going on, an answer for the whole queue: refusals are the fastest.
    refusalP50: flooded.percentile(50 * refusedShare),
    refusalP99: flooded.percentile(99 * refusedShare),
    after: 1 - after.refused / after.requests,
  };
}

function medians(rounds: readonly OverloadFigures[]): OverloadFigures {
  const of = (key: keyof OverloadFigures) => median(rounds.map((each) => each[key]));
  return {
    offeredPerSecond: of("offeredPerSecond"),
    answeredPerSecond: of("answeredPerSecond"),
    goodput: of("goodput"),
    goodputPerCpu: of("goodputPerCpu"),
    refusedShare: of("refusedShare"),
    refusalP50: of("refusalP50"),
    refusalP99: of("refusalP99"),
    after: of("after"),
  };
}

/** How long a server takes from its start to its first answer, in seconds: the median of some starts. */
export interface Startup {
  readonly server: string;
  readonly seconds: number;
}

const STARTS = 5;

/** Starts servers in turns. The first round, which reads what is on disk for the first time, is not counted. */
export async function startup(
  servers: readonly { readonly start: Start; readonly payload: Payload }[],
): Promise<Startup[]> {
  const seconds = servers.map((): number[] => []);
  for (let round = 0; round <= STARTS; round++) {
    for (const [index, { start, payload }] of servers.entries()) {
      const server = await startServer(start, payload);
      if (round > 0) seconds[index]?.push(server.startSeconds);
      await server.stop();
    }
  }
  return servers.map(({ start }, index) => ({ server: start.name, seconds: median(seconds[index] ?? []) }));
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}
