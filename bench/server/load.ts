import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import type { Payload } from "./cases.ts";
import { API_KEY, CLIENT_CORE } from "./process.ts";

const HEADERS = { "Content-Type": "application/json", "X-API-Key": API_KEY };

/** What a closed loop of clients got: each sends as soon as it is answered. */
export interface Saturated {
  readonly requests: number;
  readonly seconds: number;
}

/** Sends as much as a server takes, by wrk. @throws Error where an answer is not 2xx: it would be no measure of anything. */
export async function saturate(
  port: number,
  payload: Payload,
  connections: number,
  seconds: number,
): Promise<Saturated> {
  const stdout = await wrk(port, requestsOf(payload, port), connections, seconds);
  const found = /(\d+) requests in ([\d.]+)(m?s)/.exec(stdout);
  if (found === null || /Non-2xx|Socket errors/.test(stdout)) throw new Error(`wrk: ${stdout}`);
  return { requests: Number(found[1]), seconds: Number(found[2]) / (found[3] === "ms" ? 1000 : 1) };
}

/**
 * The requests as they are sent: one a path, taken in turn. Made here rather than by wrk, which puts the headers in another
 * order in each of its runs: to V8 headers in another order are of another kind, and code is compiled anew for them.
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

/** What came back to many clients that send now and then; times in milliseconds. */
export interface Paced {
  readonly requests: number;
  /** From when the first may send. */
  readonly seconds: number;
  /** Answers other than 2xx. */
  readonly refused: number;
  /** Latency that so many in a hundred answers (1 to 99) did not exceed, from when the request was sent. */
  percentile(percent: number): number;
}

/** How long a client waits on average between an answer and its next request, in milliseconds. */
const PAUSE_MS = 20;
/** How long clients hold back their first requests, in milliseconds. */
const CONNECT_MS = 300;

/**
 * Sends about so many requests a second, by wrk: as many clients as that takes, each of which pauses after an answer, by
 * turns short and long as if by chance (exponentially). A server that is slow for a moment has what was meant to come then
 * come at once, as from real clients.
 *
 * @param rate Requests a second, were each answered at once.
 * @param connections Least clients. @default 32
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
  const [requests = 0, microseconds = 0, refused = 0, failed = 0, ...percentiles] = text.split(" ").map(Number);
  if (percentiles.length !== 99 || failed > 0) throw new Error(`wrk: ${stdout}`);
  return {
    requests,
    seconds: (microseconds / 1000 - CONNECT_MS) / 1000,
    refused,
    percentile: (percent) => (percentiles[Math.min(99, Math.max(1, Math.round(percent))) - 1] ?? Number.NaN) / 1000,
  };
}

/** All clients connect before any of them asks: hundreds of connections at once are another load than requests. */
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

/** wrk's own report rounds; this one has the percentiles from 1 to 99, in microseconds. */
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
