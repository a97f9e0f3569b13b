import { Agent, request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import grpc from "@grpc/grpc-js";
import { expect } from "chai";
import { waitFor } from "../../common/wait.ts";
import type { KubernetesObject } from "../../render/rendered.ts";
import { renderMany } from "../render/many/render-many.ts";
import { type ApiServer, startApiServer } from "../support/api-server/api-server.ts";
import { installKinds } from "../support/api-server/kinds.ts";
import { need } from "../support/needs.ts";
import { startVersion, type VersionServers, WHICH } from "./servers.ts";
import { GATEWAY, startTraefik, type Traefik } from "./traefik.ts";

const HOST = "models.example.com";
const GRPC_HOST = "grpc.example.com";

/** Percent of each version. */
const SHARES = { "1": 62.25, "2": 12.5, "3": 25.25 };

const container = { ports: { grpc: 8001 } };
const STACK = {
  environment: "test",
  namespace: { name: "ml" },
  images: { inference: "i:1", trainer: "t:1" },
  storage: { models: { size: "1Gi" } },
  gateway: { ...GATEWAY, implementation: "traefik" },
  models: [
    {
      model: "iris",
      versions: ["1", "2", "3"].map((version) => ({ version, container })),
      traffic: {
        ...{ hosts: [HOST], grpc: { hosts: [GRPC_HOST] }, timeoutSeconds: 0 },
        ...{ stable: "1", canary: "2", canaryWeight: SHARES["2"], weights: { "3": SHARES["3"] } },
        canaryHeader: { name: "X-Model-Version", value: "v2" },
      },
    },
  ],
};

/** Seconds after which Traefik ends a request that is still being read; a stream may last longer. */
const TIMEOUT_SECONDS = 60;

describe("routes at Traefik", function () {
  this.timeout(30 * 60_000);
  let server: ApiServer;
  let traefik: Traefik;
  let agent: Agent;
  let client: grpc.Client;
  const versions = new Map<string, VersionServers>();

  before(async function () {
    // Every address of this range is one of this machine's loopback interface.
    server = await need(this, () => startApiServer(() => {}, "127.96.0.0/16"));
    await installKinds(server.client);
    traefik = await startTraefik(server);
    for (const object of await routes()) {
      const { status, body } = await server.client.apply(object, { dryRun: false });
      expect(status, JSON.stringify(body)).to.be.below(300);
      if (object.kind !== "Service") continue;
      const { spec } = body as { spec: { clusterIP: string; selector: { version: string } } };
      const version = spec.selector.version.replace("v", "");
      versions.set(version, await startVersion(version, spec.clusterIP, { http: 80, grpc: 8001 }));
    }
    agent = new Agent({ keepAlive: true, maxSockets: 4 });
    client = new grpc.Client(`127.0.0.1:${traefik.port}`, grpc.credentials.createInsecure(), {
      "grpc.default_authority": GRPC_HOST,
    });
    await waitFor(async () => ((await get("/")).status === 200 ? true : undefined), { interval: 100 });
    await waitFor(async () => ((await call()) === undefined ? undefined : true), { interval: 100 });
  });
  after(async () => {
    client?.close();
    agent?.destroy();
    await traefik?.stop();
    for (const version of versions.values()) await version.stop();
    await server?.stop();
  });

  const get = (path: string, headers: Readonly<Record<string, string>> = {}) =>
    new Promise<{ status: number | undefined; body: string }>((resolve, reject) => {
      const options = { agent, host: "127.0.0.1", port: traefik.port, path, headers: { host: HOST, ...headers } };
      const sent = request(options, async (response) => {
        let body = "";
        for await (const chunk of response.setEncoding("utf8")) body += String(chunk);
        resolve({ status: response.statusCode, body });
      });
      sent.on("error", reject);
      sent.end();
    });

  /** The version that answers a call; undefined if it fails. */
  const call = (metadata: Readonly<Record<string, string>> = {}) =>
    new Promise<string | undefined>((resolve) => {
      const sent = new grpc.Metadata();
      for (const [name, value] of Object.entries(metadata)) sent.set(name, value);
      const { path, requestSerialize, responseDeserialize } = WHICH;
      client.makeUnaryRequest(path, requestSerialize, responseDeserialize, Buffer.alloc(0), sent, (error, answer) =>
        resolve(error === null ? String(answer) : undefined),
      );
    });

  const count = async (requests: number, ask: () => Promise<string | undefined>) => {
    const counts: Record<string, number> = {};
    for (let index = 0; index < requests; index++) {
      const version = String(await ask());
      counts[version] = (counts[version] ?? 0) + 1;
    }
    return counts;
  };

  for (const [protocol, ask] of [
    ["HTTP", async () => (await get("/")).body],
    ["gRPC", () => call()],
  ] as const) {
    it(`divide requests by ${protocol} between three versions, by fractions of a percent`, async () => {
      const requests = 800;
      const counts = await count(requests, ask);
      expect(Object.keys(counts).toSorted()).to.deep.equal(Object.keys(SHARES));
      // Traefik takes the versions in turns, so the counts are nearly exact.
      for (const [version, share] of Object.entries(SHARES)) {
        expect(counts[version], JSON.stringify(counts)).to.be.closeTo((requests * share) / 100, 4);
      }
    });
  }

  it("send requests and calls with the canary's header to the canary", async () => {
    const header = { "x-model-version": "v2" };
    expect(await count(50, async () => (await get("/", header)).body)).to.deep.equal({ "2": 50 });
    expect(await count(50, () => call(header))).to.deep.equal({ "2": 50 });
  });

  it("pass on each event of a stream at once, and for longer than the timeout of a request", async () => {
    const events: string[] = [];
    const { response, from } = await open();
    const ended = (async () => {
      for await (const chunk of response.setEncoding("utf8")) events.push(String(chunk));
    })();
    const send = async (event: string) => {
      versions.get(from)?.send(event);
      await waitFor(() => (events.join("").includes(`data: ${event}\n`) ? true : undefined), { interval: 20 });
    };
    await send("first");
    await sleep((TIMEOUT_SECONDS + 2) * 1000);
    await send("last");
    versions.get(from)?.send();
    await ended;
    expect(events.join("")).to.equal("data: first\n\ndata: last\n\n");
  });

  const open = () =>
    new Promise<{ response: NodeJS.ReadableStream; from: string }>((resolve, reject) => {
      const options = { host: "127.0.0.1", port: traefik.port, path: "/events", headers: { host: HOST } };
      const sent = request(options, (response) => {
        resolve({ response, from: String(response.headers["x-version"]) });
      });
      sent.on("error", reject);
      sent.end();
    });
});

/** The namespace, Services and routes of the stack. */
async function routes(): Promise<readonly KubernetesObject[]> {
  const kinds = ["Namespace", "Service", "Middleware", "HTTPRoute", "GRPCRoute"];
  for await (const rendering of renderMany([STACK])) {
    if ("error" in rendering) throw new Error(rendering.error);
    return rendering.objects.map(({ object }) => object).filter(({ kind }) => kinds.includes(kind));
  }
  throw new Error("nothing was rendered");
}
