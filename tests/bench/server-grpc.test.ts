import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect } from "chai";
import { execa } from "execa";
import { definitions } from "../../apps/inference/grpc/definitions.ts";
import { ROWS } from "../../bench/server/cases.ts";
import { callOnce, inferMessage } from "../../bench/server/grpc-call.ts";
import { saturate } from "../../bench/server/load.ts";
import { API_KEY, type BenchServer, startServer } from "../../bench/server/process.ts";
import { processTree } from "../../bench/server/process-tree.ts";
import { grpcFloor, oursGrpc } from "../../bench/server/servers.ts";
import { until } from "../apps/inference/support/server.ts";
import { needPackages } from "../support/needs.ts";

const repository = path.resolve(import.meta.dirname, "..", "..");

interface Response {
  readonly outputs: readonly { readonly name: string; readonly datatype: string; readonly shape: readonly number[] }[];
  readonly raw_output_contents: readonly Buffer[];
}

describe("the benchmark of gRPC", () => {
  let root: string;
  let servers: readonly BenchServer[] = [];
  const payload = (rows: number) => ({ paths: [], body: "", message: inferMessage(rows) });
  before(async () => {
    root = await mkdtemp(path.join(tmpdir(), "bench-"));
    const args = ["apps/trainer/main.ts", "train", "--task", "iris", "--models", root];
    await execa(process.execPath, args, { cwd: repository });
    servers = await Promise.all([grpcFloor(root), oursGrpc(root)].map((start) => startServer(start, payload(1))));
  });
  after(async () => {
    await Promise.all(servers.map((server) => server.stop()));
    await rm(root, { recursive: true, force: true });
  });

  it("compares with a bare server that gives the same answers", async () => {
    const parse = definitions().inference["ModelInfer"]?.responseDeserialize as (bytes: Buffer) => Response;
    for (const rows of ROWS) {
      const [bare, full] = await Promise.all(
        servers.map(async ({ port }) => parse(await callOnce(port, inferMessage(rows), API_KEY))),
      );
      expect(full?.outputs).to.deep.equal(bare?.outputs);
      expect(full?.raw_output_contents.map((bytes) => bytes.toString("hex"))).to.deep.equal(
        bare?.raw_output_contents.map((bytes) => bytes.toString("hex")),
      );
      expect(full?.outputs[0]?.shape).to.deep.equal([rows]);
    }
  });

  it("counts the calls that h2load makes", async function () {
    await needPackages(this, ["nghttp2-client"]);
    for (const { port } of servers) {
      const { requests, seconds } = await saturate(port, payload(1), 4, 1);
      expect(requests).to.be.above(4);
      expect(seconds).to.be.within(0.5, 5);
    }
  });

  it("rejects a server that fails the calls", async function () {
    await needPackages(this, ["nghttp2-client"]);
    const wrong = { ...payload(1), message: Buffer.of(0xff) };
    const error = await saturate(servers[1]?.port ?? 0, wrong, 1, 1).catch((failed: Error) => failed);
    expect(error).to.be.an("error").with.property("message").that.includes("not a ModelInferRequest");
  });
});

describe("the processes of a server", () => {
  it("are the one that was started and its descendants, and all end with it", async () => {
    const server = execa("sh", ["-c", "sh -c 'sleep 600 & wait' & wait"], { reject: false });
    const tree = () => processTree(server.pid ?? 0);
    const found = await until(async () => {
      const all = await tree();
      return all.length === 3 ? all : undefined;
    });
    expect(found[0]).to.include({ pid: server.pid, parent: process.pid });
    expect(found.slice(1).map(({ parent }) => parent)).to.deep.equal(found.slice(0, 2).map(({ pid }) => pid));
    for (const { residentBytes } of found) expect(residentBytes).to.be.above(100_000);
    for (const { pid } of found) process.kill(pid, "SIGKILL");
    await server;
    expect(await tree()).to.deep.equal([]);
  });
});
