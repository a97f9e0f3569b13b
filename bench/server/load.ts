import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import type { Payload } from "./cases.ts";
import { saturateGrpc } from "./grpc-load.ts";
import { API_KEY, CLIENT_CORE } from "./process.ts";

const HEADERS = { "Content-Type": "application/json", "X-API-Key": API_KEY };

/** The result of a closed loop: each client sends its next request as soon as it has a response. */
export interface Saturated {
  readonly requests: number;
  readonly seconds: number;
}

/**
 * Sends as many requests as a server can handle, with wrk, or with h2load for gRPC. @throws Error if a response is not 2xx, which would make the
 * result meaningless.
 */
export async function saturate(
  port: number,
  payload: Payload,
  connections: number,
  seconds: number,
): Promise<Saturated> {
  if (payload.message !== undefined) return saturateGrpc(port, payload.message, connections, seconds);
  const stdout = await wrk(port, requestsOf(payload, port), connections, seconds);
  const found = /(\d+) requests in ([\d.]+)(m?s)/.exec(stdout);
  if (found === null || /Non-2xx|Socket errors/.test(stdout)) throw new Error(`wrk: ${stdout}`);
  return { requests: Number(found[1]), seconds: Number(found[2]) / (found[3] === "ms" ? 1000 : 1) };
}

/**
 * The requests, one per path, sent in turn. Built here because wrk orders headers differently in each of its runs, which makes V8
 * deoptimize code.
 */
function requestsOf({ paths, body }: Payload, port: number): string {
  const headers = { Host: `127.0.0.1:${port}`, ...HEADERS, "Content-Length": Buffer.byteLength(body) };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\\r\\n`);
  const heads = paths.map((each) => `"POST ${each} HTTP/1.1\\r\\n${lines.join("")}\\r\\n"`);
  return `
local body = [==[${body}]==]
local requests, turn = {}, 0
init = function()
  for index, head in ipairs({${heads.join(", ")}}) do
    requests[index] = head .. body
  end
end
request = function()
  turn = turn % #requests + 1
  return requests[turn]
end
`;
}

/** The result for many clients that pause between requests; times in milliseconds. */
export interface Paced {
  readonly requests: number;
  /** Time since the first request may be sent. */
  readonly seconds: number;
  /** Responses other than 2xx. */
  readonly rejected: number;
  /** Percentile of the latency, 1 to 99, measured from when the request was sent. */
  percentile(percent: number): number;
}

/** Average pause of a client between a response and its next request, in milliseconds. */
const PAUSE_MS = 20;
/** How long clients delay their first requests, in milliseconds. */
const CONNECT_MS = 300;

/**
 * Sends about `rate` requests per second, with wrk. Each client pauses after a response for an exponentially
 * distributed time. After
 * a stall the delayed requests arrive at once, as from real clients.
 *
 * @param rate Requests per second if each were answered at once.
 * @param connections Minimum number of clients. @default 32
 */
export async function pace(
  port: number,
  payload: Payload,
  rate: number,
  seconds: number,
  connections = 32,
): Promise<Paced> {
  const pauseMs = Math.max(PAUSE_MS, (connections / rate) * 1000);
  const clients = Math.max(1, Math.round((rate * pauseMs) / 1000));
  const stdout = await wrk(
    port,
    `${requestsOf(payload, port)}${pausesOf(pauseMs, clients)}${REPORT}`,
    clients,
    seconds,
  );
  const [, text = ""] = /^report (.*)$/m.exec(stdout) ?? [];
  const [requests = 0, microseconds = 0, rejected = 0, failed = 0, ...percentiles] = text.split(" ").map(Number);
  if (percentiles.length !== 99 || failed > 0) throw new Error(`wrk: ${stdout}`);
  return {
    requests,
    seconds: (microseconds / 1000 - CONNECT_MS) / 1000,
    rejected,
    percentile: (percent) => (percentiles[Math.min(99, Math.max(1, Math.round(percent))) - 1] ?? Number.NaN) / 1000,
  };
}

/** All clients connect before any of them sends a request, so that accepting connections is not measured. */
function pausesOf(milliseconds: number, clients: number): string {
  return `
local connecting = ${clients}
delay = function()
  local pause = -${milliseconds} * math.log(1 - math.random())
  if connecting > 0 then
    connecting = connecting - 1
    pause = pause + ${CONNECT_MS}
  end
  return math.floor(pause + 0.5)
end
`;
}

/** Percentiles from 1 to 99 in microseconds; wrk's own report is rounded. */
const REPORT = `
done = function(summary, latency)
  local errors = summary.errors
  local parts = {summary.requests, summary.duration, errors.status, errors.connect + errors.read + errors.write + errors.timeout}
  for percent = 1, 99 do
    parts[#parts + 1] = latency:percentile(percent)
  end
  io.write("report " .. table.concat(parts, " ") .. "\\n")
end
`;

async function wrk(port: number, script: string, connections: number, seconds: number): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), "bench-wrk-"));
  try {
    const file = path.join(folder, "load.lua");
    await writeFile(file, script);
    const load = ["--threads", "1", "--connections", String(connections), "--duration", `${seconds}s`];
    const url = `http://127.0.0.1:${port}`;
    const args = ["wrk", ...load, "--timeout", "60s", "--script", file, url];
    return (await execa("taskset", ["--cpu-list", CLIENT_CORE, ...args])).stdout;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
