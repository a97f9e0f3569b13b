import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import { ensureTool } from "../../local/toolchain/index.ts";
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
  const folder = await mkdtemp(path.join(tmpdir(), "bench-wrk-"));
  try {
    const script = path.join(folder, "request.lua");
    await writeFile(script, lua(payload));
    const load = [
      "--threads",
      "1",
      "--connections",
      String(connections),
      "--duration",
      `${seconds}s`,
      "--timeout",
      "60s",
    ];
    const url = `http://127.0.0.1:${port}`;
    const { stdout } = await execa("taskset", ["--cpu-list", CLIENT_CORE, "wrk", ...load, "--script", script, url]);
    const found = /(\d+) requests in ([\d.]+)(m?s)/.exec(stdout);
    if (found === null || /Non-2xx|Socket errors/.test(stdout)) throw new Error(`wrk: ${stdout}`);
    return { requests: Number(found[1]), seconds: Number(found[2]) / (found[3] === "ms" ? 1000 : 1) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** wrk asks for each request as it is: they are made beforehand, one a path, and taken in turn. */
function lua({ paths, body }: Payload): string {
  const headers = Object.entries(HEADERS).map(([name, value]) => `["${name}"] = "${value}"`);
  return `
local headers = {${headers.join(", ")}}
local body = [==[${body}]==]
local requests, turn = {}, 0
init = function()
  for index, path in ipairs({${paths.map((each) => `"${each}"`).join(", ")}}) do
    requests[index] = wrk.format("POST", path, headers, body)
  end
end
request = function()
  turn = turn % #requests + 1
  return requests[turn]
end
`;
}

/** What came back at a steady rate; times in milliseconds. */
export interface Paced {
  readonly p50: number;
  readonly p99: number;
  readonly seconds: number;
  /** Answers by status; "0" where there was none. */
  readonly statuses: Readonly<Record<string, number>>;
}

/** Sends at a steady rate whether or not it is answered, by vegeta: a slow answer does not slow the next request. */
export async function pace(port: number, { paths, body }: Payload, rate: number, seconds: number): Promise<Paced> {
  const vegeta = path.join(await ensureTool("vegeta"), "vegeta");
  const folder = await mkdtemp(path.join(tmpdir(), "bench-vegeta-"));
  try {
    const file = (name: string) => path.join(folder, name);
    await writeFile(file("body"), body);
    await writeFile(file("targets"), paths.map((each) => `POST http://127.0.0.1:${port}${each}\n`).join(""));
    const headers = Object.entries(HEADERS).flatMap(([name, value]) => ["-header", `${name}: ${value}`]);
    const load = ["-rate", String(Math.max(1, Math.round(rate))), "-duration", `${seconds}s`, "-max-workers", "2000"];
    const sent = ["-targets", file("targets"), "-body", file("body"), "-output", file("results"), ...headers];
    await execa("taskset", ["--cpu-list", CLIENT_CORE, vegeta, "attack", ...load, "-timeout", "60s", ...sent]);
    const { stdout } = await execa(vegeta, ["report", "-type", "json", file("results")]);
    const report = JSON.parse(stdout);
    const milliseconds = (name: string) => report.latencies[name] / 1e6;
    return {
      p50: milliseconds("50th"),
      p99: milliseconds("99th"),
      seconds: (report.duration + report.wait) / 1e9,
      statuses: report.status_codes,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
