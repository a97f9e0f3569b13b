import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { installPackages, missingPackages } from "../../cluster/toolchain/packages.ts";
import { inferPayload, type ModelCase, type Payload, predictPayload, ROWS } from "./cases.ts";
import { inferMessage } from "./grpc-call.ts";
import {
  type HalfLoad,
  halfLoad,
  type Overload,
  overload,
  type Startup,
  startup,
  type Throughput,
  throughput,
} from "./measure.ts";
import { bentoMl, fastApi, flask, litServe, mlServer, rayServe } from "./peers.ts";
import { type BenchServer, type Start, startServer } from "./process.ts";
import { compileServer, floor, grpcFloor, MANY, ours, oursGrpc, trainModels } from "./servers.ts";

/** Compares servers for one kind of request; the first is the baseline. */
export interface Comparison {
  readonly what: string;
  readonly model: string;
  readonly rows: number;
  readonly connections: number;
  readonly throughput: readonly Throughput[];
  readonly halfLoad?: readonly HalfLoad[];
}

/** All results. */
export interface ServerReport {
  readonly comparisons: readonly Comparison[];
  readonly overload: { readonly model: string; readonly rows: number; readonly servers: readonly Overload[] };
  /** With the sentiment model. */
  readonly startup: readonly Startup[];
}

const CONNECTIONS = 32;

/** A server to start, and its request for a number of rows; undefined if it has no such request. */
interface Entry {
  readonly start: Start;
  readonly payload: (rows: number) => Payload | undefined;
}

/**
 * Measures the inference server on loopback: against a minimal server on the same runtime as baseline, and against typical Python
 * services. Servers run on one core, clients on another. Takes about ten minutes.
 */
export async function measureServer(report: (line: string) => void): Promise<ServerReport> {
  await installPackages(await missingPackages(["wrk", "nghttp2-client"]), report);
  const folder = await mkdtemp(path.join(tmpdir(), "ml-platform-bench-"));
  const root = path.join(folder, "models");
  try {
    await trainModels(root, report);
    await compileServer(root);
    const predict = (model: ModelCase) => (rows: number) => predictPayload(model, rows);
    const pair = (model: ModelCase): Entry[] => [
      { start: floor(root, model), payload: predict(model) },
      { start: ours(root, model), payload: predict(model) },
    ];
    const oneRow = (rows: number) => (rows === 1 ? predictPayload("iris", 1) : undefined);
    const peers: Entry[] = [
      { start: await fastApi(), payload: oneRow },
      { start: await litServe(), payload: oneRow },
      { start: await bentoMl(), payload: oneRow },
      { start: await rayServe(folder), payload: oneRow },
      { start: await mlServer(folder), payload: inferPayload },
    ];
    const texts: Entry = {
      start: await flask(root),
      payload: (rows) => (rows === 1 ? predictPayload("sentiment-classifier", 1) : undefined),
    };
    const iris = await compare("iris", [...pair("iris"), ...peers], [CONNECTIONS, 1], report);
    const sentiment = await compare(
      "sentiment-classifier",
      [...pair("sentiment-classifier"), texts],
      [CONNECTIONS],
      report,
    );
    const half = await compare("half_plus_two", pair("half_plus_two"), [CONNECTIONS], report);
    const grpc = await compareGrpc(root, report);
    const many = await compareMany(root, report);
    report("overload");
    const flooded = await flood(pair("sentiment-classifier"));
    report("start");
    const started = await startup(
      pair("sentiment-classifier").map(({ start }) => ({ start, payload: predictPayload("sentiment-classifier", 1) })),
    );
    return { comparisons: [...iris, ...sentiment, ...half, ...grpc, many], overload: flooded, startup: started };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function compare(
  model: ModelCase,
  entries: readonly Entry[],
  connectionCounts: readonly number[],
  report: (line: string) => void,
): Promise<Comparison[]> {
  return running(entries, 1, async (servers) => {
    const comparisons: Comparison[] = [];
    for (const connections of connectionCounts) {
      for (const rows of connections === 1 ? [1] : ROWS) {
        const what = `${model}, ${rows} row${rows === 1 ? "" : "s"}, ${connections} connection${connections === 1 ? "" : "s"}`;
        report(what);
        const contestants = entries.flatMap(({ payload }, index) => {
          const server = servers[index];
          const sent = payload(rows);
          return server === undefined || sent === undefined ? [] : [{ server, payload: sent }];
        });
        const measured = await throughput(contestants, connections);
        const latency = connections === 1 ? {} : { halfLoad: await halfLoad(contestants, measured) };
        comparisons.push({ what, model, rows, connections, throughput: measured, ...latency });
      }
    }
    return comparisons;
  });
}

/** ModelInfer over gRPC, without its latency. */
async function compareGrpc(root: string, report: (line: string) => void): Promise<Comparison[]> {
  const payload = (rows: number): Payload => ({ paths: [], body: "", message: inferMessage(rows) });
  const entries: Entry[] = [grpcFloor(root), oursGrpc(root)].map((start) => ({ start, payload }));
  return running(entries, 1, async (servers) => {
    const comparisons: Comparison[] = [];
    for (const rows of ROWS) {
      const what = `iris over gRPC, ${rows} row${rows === 1 ? "" : "s"}, ${CONNECTIONS} connections`;
      report(what);
      const contestants = servers.map((server) => ({ server, payload: payload(rows) }));
      const measured = await throughput(contestants, CONNECTIONS);
      comparisons.push({ what, model: "iris", rows, connections: CONNECTIONS, throughput: measured });
    }
    return comparisons;
  });
}

/** One process with the whole registry: requests for one of its models, and for all of them in turn. */
async function compareMany(root: string, report: (line: string) => void): Promise<Comparison> {
  const names = Array.from({ length: MANY }, (_, index) => (index === 0 ? "iris" : `iris-${index + 1}`));
  const payload = (models: readonly string[]) => () =>
    predictPayload(
      "iris",
      1,
      models.map((name) => `/models/${name}/predict`),
    );
  const entries: Entry[] = [
    { start: ours(root, "*", "one of its models"), payload: payload(["iris"]) },
    { start: ours(root, "*", `${MANY} models in turn`), payload: payload(names) },
  ];
  const what = `iris, ${MANY} models in one process, ${CONNECTIONS} connections`;
  report(what);
  return running(entries, 1, async (servers) => {
    const contestants = servers.map((server, index) => ({ server, payload: entries[index]?.payload(1) as Payload }));
    const measured = await throughput(contestants, CONNECTIONS);
    return { what, model: "iris", rows: 1, connections: CONNECTIONS, throughput: measured };
  });
}

/** Uses the model with the longest runs, because the client must be able to send four times as many requests. */
function flood(entries: readonly Entry[]): Promise<ServerReport["overload"]> {
  const [model, rows] = ["sentiment-classifier", ROWS[1]] as const;
  const payload = predictPayload(model, rows);
  return running(entries, rows, async (servers) => {
    const contestants = servers.map((server) => ({ server, payload }));
    return { model, rows, servers: await overload(contestants, CONNECTIONS) };
  });
}

/** Starts servers, calls `work`, and stops them. */
async function running<T>(
  entries: readonly Entry[],
  rows: number,
  work: (servers: readonly BenchServer[]) => Promise<T>,
): Promise<T> {
  const servers: BenchServer[] = [];
  try {
    for (const { start, payload } of entries) {
      servers.push(await startServer(start, payload(rows) as Payload));
    }
    return await work(servers);
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
}
