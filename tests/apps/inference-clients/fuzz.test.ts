import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { Agent, request } from "node:http";
import { connect } from "node:net";
import { status as Code } from "@grpc/grpc-js";
import { expect } from "chai";
import fc from "fast-check";
import { type Child, endChild, startChild } from "../inference/support/child.ts";
import { grpcClient } from "../inference/support/grpc.ts";
import { emptyRegistry, publish } from "../inference/support/registry.ts";
import { until } from "../inference/support/server.ts";
import { calls } from "./grpc-requests.ts";
import { type FuzzedRequest, MODELS, nonsense, requests } from "./requests.ts";

const SEED = 20_260_101;
const REQUESTS = 85_000;
const CALLS = 10_000;
const NONSENSE = 5_000;
/** Allowed memory growth, measured from the end of the first fifth, by when all code has run once. */
const GROWTH_BYTES = 64 * 1024 ** 2;
/** 5xx statuses that are not bugs: overloaded, not ready, timed out. */
const DOCUMENTED = new Set([503, 504]);

/** What calls may end with; UNAVAILABLE and DEADLINE_EXCEEDED are overload. */
const EXPECTED_CODES: ReadonlySet<Code> = new Set([
  ...[Code.OK, Code.INVALID_ARGUMENT, Code.NOT_FOUND, Code.UNIMPLEMENTED, Code.UNAVAILABLE, Code.DEADLINE_EXCEEDED],
]);

/** Sends one request over a keep-alive connection; returns its status, and the error if there is one. */
async function ask(port: number, agent: Agent, { method, path, headers, body }: FuzzedRequest) {
  const sent = request({
    ...{ port, host: "127.0.0.1", agent, method, path },
    headers: { "Content-Type": "application/json", ...headers, "Content-Length": body.length },
  });
  sent.end(body);
  const [answer] = await once(sent, "response");
  let text = "";
  answer.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  await once(answer, "end");
  return { status: answer.statusCode as number, type: String(answer.headers["content-type"]), text };
}

/** Sends bytes over a new connection; resolves when the server has closed it. */
function shout(port: number, bytes: Buffer): Promise<string> {
  return new Promise((resolve) => {
    let text = "";
    const socket = connect(port, "127.0.0.1", () => socket.end(bytes));
    socket.on("data", (chunk) => {
      text += chunk.toString("latin1");
    });
    socket.on("error", () => {});
    socket.on("close", () => resolve(text));
  });
}

async function residentBytes(child: Child): Promise<number> {
  const status = await readFile(`/proc/${child.process.pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
}

/** Calls `work` for each item, `workers` at a time. */
async function inParallel<T>(items: readonly T[], workers: number, work: (item: T) => Promise<void>): Promise<void> {
  let next = 0;
  await Promise.all(
    Array.from({ length: workers }, async () => {
      for (let item = items[next++]; item !== undefined; item = items[next++]) {
        await work(item);
      }
    }),
  );
}

describe("a hundred thousand random requests", function () {
  this.timeout(900_000);
  let registry: { root: string; remove: () => Promise<void> };
  let child: Child;
  let port: number;
  let grpcPort: number;
  before(async () => {
    registry = await emptyRegistry();
    await publish(registry.root, ...MODELS.map((model) => [model, "1"] as const));
    const env = {
      ...{ MODEL_DIR: registry.root, MODEL_NAME: "*", MODEL_VERSION: "latest", LOG_LEVEL: "info" },
      ...{ HOST: "127.0.0.1", PORT: "0", METRICS_PORT: "0", GRPC_PORT: "0", DRAIN_SECONDS: "0" },
    };
    // On a busy machine concurrent garbage collection falls behind, and uncollected garbage would look like a leak; so would
    // generations that V8 enlarges in the middle. A leak of objects ends in a crash at this heap size.
    const gc = ["--single-threaded-gc", "--max-semi-space-size=2", "--max-old-space-size=64"];
    child = startChild("main.ts", env, [], gc);
    ({ port, grpc_port: grpcPort } = JSON.parse(await child.line(/"listening"/)));
    await until(async () => (await fetch(`http://127.0.0.1:${port}/ready`)).ok);
  });
  after(async () => {
    await endChild(child);
    await registry.remove();
  });

  it("cause no crash, no unexpected response and no memory leak", async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 32 });
    const statuses = new Map<number, number>();
    const unexpected: string[] = [];
    const check = async (sent: FuzzedRequest) => {
      const { status, type, text } = await ask(port, agent, sent);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      const isWorded = status < 400 || sent.method === "HEAD" || (type.includes("json") && "error" in JSON.parse(text));
      if ((status >= 500 && !DOCUMENTED.has(status)) || !isWorded) {
        unexpected.push(`${status} ${text} to ${sent.method} ${sent.path} ${sent.body.toString("latin1")}`);
      }
    };
    // In parts, so that not all requests and responses are in memory at once.
    const parts = 17;
    let settled = 0;
    for (let part = 0; part < parts; part++) {
      const sample = fc.sample(requests, { seed: SEED + part, numRuns: REQUESTS / parts });
      await inParallel(sample, 32, check);
      if (part === 3) settled = await residentBytes(child);
    }
    agent.destroy();
    const grpc = grpcClient(grpcPort);
    const codes = new Map<Code, number>();
    await inParallel(fc.sample(calls, { seed: SEED, numRuns: CALLS }), 32, async (call) => {
      const { code, details } = await grpc.send(call.path, call.bytes, call.metadata);
      codes.set(code, (codes.get(code) ?? 0) + 1);
      // INTERNAL is grpc-js's status for a message of another method that it cannot parse.
      const isUnparsed = details === "Error deserializing request";
      if (!EXPECTED_CODES.has(code) && !isUnparsed) {
        unexpected.push(`${Code[code]} ${details} to ${call.path} ${call.bytes.toString("base64")}`);
      }
    });
    grpc.close();
    await inParallel(fc.sample(nonsense, { seed: SEED, numRuns: NONSENSE }), 32, async (bytes) => {
      const text = await shout(port, bytes);
      if (/^HTTP\/1\.1 5/.test(text)) unexpected.push(`${text} to ${bytes.toString("latin1")}`);
    });
    expect(unexpected.slice(0, 5)).to.deep.equal([]);
    // Requests that are rejected early test little: many of them must have reached a model.
    expect(statuses.get(200)).to.be.greaterThan(REQUESTS / 50);
    expect(statuses.get(422)).to.be.greaterThan(REQUESTS / 20);
    expect(codes.get(Code.OK)).to.be.greaterThan(CALLS / 20);
    expect(codes.get(Code.INVALID_ARGUMENT)).to.be.greaterThan(CALLS / 20);
    expect((await fetch(`http://127.0.0.1:${port}/ready`)).status).to.equal(200);
    expect(child.process.exitCode).to.equal(null);
    expect(child.stderr).to.deep.equal([]);
    expect(child.stdout.filter((line) => /"level":"(error|fatal)"/.test(line))).to.deep.equal([]);
    expect((await residentBytes(child)) - settled).to.be.below(GROWTH_BYTES);
  });
});
