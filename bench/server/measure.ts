import type { Payload } from "./cases.ts";
import { pace, saturate } from "./load.ts";
import { type BenchServer, type Start, startServer } from "./process.ts";

/** A server and the requests sent to it. */
export interface Contestant {
  readonly server: BenchServer;
  readonly payload: Payload;
}

/** Medians over the rounds, and the memory after them. */
export interface Throughput {
  readonly server: string;
  readonly requestsPerSecond: number;
  /** Requests per second of the server's CPU time: independent of other load on the machine. */
  readonly requestsPerCpuSecond: number;
  readonly residentMiB: number;
}

const ROUNDS = 5;
const ROUND_SECONDS = 1;
const PACED_SECONDS = 2;
/** Rounds that are not counted: a new kind of load makes V8 recompile code for about ten seconds, on the server's only core. */
const PACED_WARM_UPS = 5;
/** Requests before measuring, so that V8 has optimized the code; fewer if the time below is over. */
const WARM_UP_REQUESTS = 30_000;
const WARM_UP_SECONDS = 5;

/** Measures servers at saturation, in turns, so that other load on the machine affects all of them. */
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
  /** Share of rejected requests in the worst round: at half load there should be none. */
  readonly rejectedShare: number;
}

/** Measures servers at half of their throughput, in turns. */
export async function halfLoad(
  contestants: readonly Contestant[],
  saturated: readonly Throughput[],
): Promise<HalfLoad[]> {
  const rates = contestants.map((_, index) => (saturated[index]?.requestsPerSecond ?? 0) / 2);
  const rounds = contestants.map(() => ({ p50: [] as number[], p99: [] as number[], rejected: [] as number[] }));
  for (let round = -PACED_WARM_UPS; round < ROUNDS; round++) {
    for (const [index, { server, payload }] of contestants.entries()) {
      const paced = await pace(server.port, payload, rates[index] ?? 1, PACED_SECONDS);
      if (round < 0) continue;
      rounds[index]?.p50.push(paced.percentile(50));
      rounds[index]?.p99.push(paced.percentile(99));
      rounds[index]?.rejected.push(paced.rejected / paced.requests);
    }
  }
  return contestants.map(({ server }, index) => ({
    server: server.name,
    rate: rates[index] ?? 0,
    p50: median(rounds[index]?.p50 ?? []),
    p99: median(rounds[index]?.p99 ?? []),
    rejectedShare: Math.max(...(rounds[index]?.rejected ?? [])),
  }));
}

/** Behavior at four times the throughput: medians over the rounds. */
export interface Overload extends OverloadFigures {
  readonly server: string;
}

interface OverloadFigures {
  readonly offeredPerSecond: number;
  readonly answeredPerSecond: number;
  /** Responses with 2xx relative to saturation: per second, and per second of the server's CPU time. */
  readonly goodput: number;
  readonly goodputPerCpu: number;
  /** Share of rejected requests. */
  readonly rejectedShare: number;
  /** Median and 99th percentile of the time until a rejection, in milliseconds. */
  readonly rejectionP50: number;
  readonly rejectionP99: number;
  /** Share of 2xx responses at half load in the second afterwards. */
  readonly after: number;
}

const OVERLOAD = 4;
/** Several times as many clients as the queue holds requests of 32 rows, because clients with a queued request send nothing. */
const OVERLOAD_CLIENTS = 512;
const OVERLOAD_SECONDS = 4;
/** Overload that is not counted, so that V8 has optimized the code of rejections. */
const OVERLOAD_WARM_UP_SECONDS = 12;

/** Measures servers at saturation, at four times that load, and at half of it right afterwards, in turns. */
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
  const answered = flooded.requests - flooded.rejected;
  const rejectedShare = flooded.rejected / flooded.requests;
  return {
    offeredPerSecond: OVERLOAD * rate,
    answeredPerSecond: answered / flooded.seconds,
    goodput: answered / flooded.seconds / rate,
    goodputPerCpu: answered / (end - between) / (saturated.requests / (between - start)),
    rejectedShare,
    // A rejection waits only for the current run, and other responses for the whole queue, so the fastest responses are
    // rejections.
    rejectionP50: flooded.percentile(50 * rejectedShare),
    rejectionP99: flooded.percentile(99 * rejectedShare),
    after: 1 - after.rejected / after.requests,
  };
}

function medians(rounds: readonly OverloadFigures[]): OverloadFigures {
  const of = (key: keyof OverloadFigures) => median(rounds.map((each) => each[key]));
  return {
    offeredPerSecond: of("offeredPerSecond"),
    answeredPerSecond: of("answeredPerSecond"),
    goodput: of("goodput"),
    goodputPerCpu: of("goodputPerCpu"),
    rejectedShare: of("rejectedShare"),
    rejectionP50: of("rejectionP50"),
    rejectionP99: of("rejectionP99"),
    after: of("after"),
  };
}

/** Time from a server's start to its first response, in seconds: median over the starts. */
export interface Startup {
  readonly server: string;
  readonly seconds: number;
}

const STARTS = 5;

/** Starts servers in turns. The first round, with a cold disk cache, is not counted. */
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
