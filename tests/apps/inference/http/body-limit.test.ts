import { constants } from "node:buffer";
import { once } from "node:events";
import { connect } from "node:net";
import { expect } from "chai";
import { HttpError } from "../../../../apps/inference/http-error.ts";
import type { Model } from "../../../../apps/inference/model/model.ts";
import type { Tensors } from "../../../../apps/inference/model/tensor.ts";
import { parseJson } from "../../../../apps/inference/payload/json.ts";
import { raw } from "../support/raw.ts";
import { type Answer, send, startTestServer, type TestServer, until } from "../support/server.ts";

const LIMIT = 1_000_000;

describe("a body longer than MAX_BODY_BYTES", () => {
  let server: TestServer;
  before(async () => {
    server = await startTestServer({ model: "words", env: { MAX_BODY_BYTES: String(LIMIT) } });
  });
  after(() => server.stop());

  const head = (headers: string) =>
    `POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${headers}\r\n`;

  it("is answered 413, even to a client that reads only after it has sent everything", async () => {
    const { status, headers, body } = await server.post("/predict", { text: "x".repeat(LIMIT) });
    expect(status).to.equal(413);
    expect(body.error).to.include({ code: "body_too_large" });
    expect(body.error.message).to.include(String(LIMIT));
    expect(headers.get("x-model-name")).to.equal("words");
    expect(headers.get("x-model-version")).to.equal("1");
  });

  it("is answered 413 if its length is not declared", async () => {
    const chunk = `10000\r\n${"x".repeat(0x10000)}\r\n`;
    const received = await raw(
      server.running.port,
      head("Transfer-Encoding: chunked\r\n") + chunk.repeat(20),
      /body_too_large/,
    );
    expect(received).to.match(/^HTTP\/1\.1 413 /);
  });

  it("is answered 413 before it is sent, if the client expects 100-continue", async () => {
    const received = await raw(
      server.running.port,
      head(`Content-Length: ${LIMIT + 1}\r\nExpect: 100-continue\r\n`),
      /body_too_large/,
    );
    expect(received)
      .to.match(/^HTTP\/1\.1 413 /)
      .and.to.match(/connection: close/i);
  });

  it("gets 100 Continue if it is not too long", async () => {
    const port = server.running.port;
    const asked = head("Content-Length: 15\r\nExpect: 100-continue\r\n");
    expect(await raw(port, asked, /\r\n\r\n/)).to.match(/^HTTP\/1\.1 100 Continue/);
    expect(await raw(port, `${asked}{"text":"good"}`, /sentiment/)).to.match(/HTTP\/1\.1 200 OK/);
  });

  it("gets no 100 Continue from an HTTP/1.0 client, which would take that for the response", async () => {
    const asked = head("Content-Length: 15\r\nExpect: 100-continue\r\n").replace("HTTP/1.1", "HTTP/1.0");
    const received = await raw(server.running.port, `${asked}{"text":"good"}`, /sentiment/);
    expect(received).to.match(/^HTTP\/1\.\d 200 OK/);
  });

  it("does not prevent the server from answering the next request", async () => {
    expect((await server.post("/predict", { text: "x".repeat(LIMIT) })).status).to.equal(413);
    expect((await server.post("/predict", { text: "good" })).status).to.equal(200);
  });
});

describe("a client that reads the response only after it has sent everything, and then closes", () => {
  let server: TestServer;
  before(async () => {
    server = await startTestServer({ model: "words", env: { MAX_BODY_BYTES: String(LIMIT), API_KEY: "key" } });
  });
  after(() => server.stop());

  /** More than the buffers of both sockets hold. */
  const LENGTH = 48 * LIMIT;

  /** Like Python's urllib: no response is read before the last byte is sent. */
  async function sendAll(path: string, headers: string, body: string): Promise<string> {
    const socket = connect(server.running.port, "127.0.0.1");
    socket.pause();
    let failure = "";
    socket.on("error", (error) => {
      failure = error.message;
    });
    const head = `POST ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${headers}\r\n`;
    const isSent = new Promise((resolve) => socket.write(head + body, resolve));
    await Promise.race([isSent, once(socket, "close")]);
    let received = "";
    socket.on("data", (chunk) => {
      received += String(chunk);
    });
    socket.resume();
    await new Promise((resolve) => (socket.closed ? resolve(undefined) : socket.on("close", resolve)));
    expect(failure).to.equal("");
    return received;
  }

  const length = `Content-Length: ${LENGTH}\r\n`;
  const key = "X-API-Key: key\r\n";
  const body = "x".repeat(LENGTH);
  const chunked = `${LENGTH.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
  for (const [what, status, path, headers, sent] of [
    ["a body that is too long", 413, "/predict", key + length, body],
    ["a body that turns out to be too long", 413, "/predict", `${key}Transfer-Encoding: chunked\r\n`, chunked],
    ["a missing key", 401, "/predict", length, body],
    ["a path that does not exist", 404, "/nothing", key + length, body],
    ["a path that takes no POST", 405, "/health", key + length, body],
    ["another type", 415, "/predict", `${key}Content-Type: text/plain\r\n${length}`, body],
    ["another coding", 415, "/predict", `${key}Content-Encoding: br\r\n${length}`, body],
  ] as const) {
    it(`sees ${status} for ${what}`, async () => {
      expect(await sendAll(path, headers, sent)).to.match(new RegExp(`^HTTP/1.1 ${status} `));
    });
  }
});

describe("long requests that wait for their model", () => {
  it("are bounded together by their memory, and short ones are not rejected for it", async () => {
    let gate: Promise<void> = Promise.resolve();
    let runs = 0;
    const server = await startTestServer({
      model: "lengths",
      open: async (metadata): Promise<Model> => ({
        ...{ metadata, batched: true, maxRows: Number.POSITIVE_INFINITY, ragged: true },
        async run(inputs): Promise<Tensors> {
          runs += 1;
          await gate;
          const rows = inputs.get("x")?.shape[0] ?? 0;
          return new Map([["sum", { datatype: "FP32", shape: [rows], data: new Float32Array(rows) }]]);
        },
        async close() {},
      }),
    });
    const ask = (columns: number) => {
      const parameters = { binary_data_size: 4 * columns };
      const head = Buffer.from(
        JSON.stringify({ inputs: [{ name: "x", datatype: "FP32", shape: [1, columns], parameters }] }),
      );
      return send(`${server.url}/v2/models/lengths/infer`, {
        method: "POST",
        headers: { "Inference-Header-Content-Length": String(head.length) },
        body: Buffer.concat([head, Buffer.alloc(4 * columns)]),
      });
    };
    const long = 5_000_000;
    try {
      const { promise, resolve: open } = Promise.withResolvers<void>();
      gate = promise;
      const before = runs;
      const asked: Promise<Answer>[] = [];
      for (let count = 0; count < 3; count++) {
        asked.push(ask(long));
        const depth = new RegExp(`^model_queue_depth\\{[^}]*\\} ${count}$`, "m");
        await until(async () => runs === before + 1 && depth.test((await server.get("/metrics")).body));
      }
      const rejected = await ask(long);
      expect(rejected.status).to.equal(503);
      expect(rejected.headers.get("retry-after")).to.equal("1");
      expect(rejected.body.error).to.equal("too many long requests are waiting for their models; try again shortly");
      asked.push(ask(3));
      await until(async () => /^model_queue_depth\{[^}]*\} 3$/m.test((await server.get("/metrics")).body));
      open();
      expect((await Promise.all(asked)).map(({ status }) => status)).to.deep.equal([200, 200, 200, 200]);
      expect((await ask(long)).status).to.equal(200);
    } finally {
      await server.stop();
    }
  });
});

describe("JSON longer than the maximum string length", () => {
  it("is answered 413, not as an error of the model", () => {
    const { MAX_STRING_LENGTH } = constants;
    const parse = () => parseJson(Buffer.alloc(MAX_STRING_LENGTH + 1));
    expect(parse)
      .to.throw(HttpError, `JSON must not be longer than ${MAX_STRING_LENGTH} bytes`)
      .with.property("status", 413);
  });
});
