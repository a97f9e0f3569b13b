import { once } from "node:events";
import { request } from "node:http";
import { deflateSync, gunzipSync, gzipSync, inflateSync } from "node:zlib";
import { expect } from "chai";
import { startTestServer, type TestServer } from "../support/server.ts";

const LIMIT = 1_000_000;

describe("compressed bodies", () => {
  let server: TestServer;
  before(async () => {
    server = await startTestServer({
      model: "half-plus-two",
      env: { MAX_BODY_BYTES: String(LIMIT), MAX_QUEUE_SIZE: "100000" },
    });
  });
  after(() => server.stop());

  /** Sends bytes as they are, and returns the response as it is: fetch would decompress it. */
  async function ask(body: Buffer, headers: Record<string, string>, path = "/predict") {
    const sent = request(server.url + path, { method: "POST", headers });
    sent.end(body);
    const [response] = await once(sent, "response");
    const bytes = Buffer.concat(await response.toArray());
    return { status: response.statusCode as number, headers: response.headers as Record<string, string>, bytes };
  }

  const json = (count: number) => JSON.stringify({ instances: new Array(count).fill(2) });

  for (const [encoding, compress] of [
    ["gzip", gzipSync],
    ["x-gzip", gzipSync],
    ["GZIP", gzipSync],
    ["deflate", deflateSync],
    ["identity", (text: string) => Buffer.from(text)],
  ] as const) {
    it(`are read as ${encoding}`, async () => {
      const { status, bytes } = await ask(compress(json(3)), { "Content-Encoding": encoding });
      expect(status, String(bytes)).to.equal(200);
      expect(JSON.parse(String(bytes)).predictions).to.deep.equal([3, 3, 3]);
    });
  }

  it("of another coding are answered 415 with the known ones", async () => {
    for (const encoding of ["br", "gzip, gzip", "compress"]) {
      const { status, headers, bytes } = await ask(Buffer.from(json(1)), { "Content-Encoding": encoding });
      expect(status).to.equal(415);
      expect(headers["accept-encoding"]).to.equal("gzip, deflate, identity");
      expect(String(bytes)).to.include("Content-Encoding: gzip, deflate or identity");
    }
  });

  for (const [what, body] of [
    ["not of the declared coding", Buffer.from(json(1))],
    ["cut off", gzipSync(json(1000)).subarray(0, 20)],
    ["damaged", Buffer.concat([gzipSync(json(1000)).subarray(0, 20), Buffer.alloc(20, 7)])],
    ["empty", Buffer.alloc(0)],
  ] as const) {
    it(`that are ${what} are answered 400`, async () => {
      const { status, bytes } = await ask(body, { "Content-Encoding": "gzip" });
      expect(status).to.equal(400);
      expect(JSON.parse(String(bytes)).error.code).to.equal("invalid_encoding");
    });
  }

  it("are limited by what they decompress to, without decompressing the rest", async () => {
    const fits = Buffer.concat([Buffer.from(json(1)), Buffer.alloc(LIMIT - json(1).length, " ")]);
    expect((await ask(gzipSync(fits), { "Content-Encoding": "gzip" })).status).to.equal(200);
    // 1000 times as long as what is sent.
    const blanks = Buffer.alloc(200 * LIMIT, " ");
    const bomb = gzipSync(blanks);
    const before = process.memoryUsage().arrayBuffers;
    expect(bomb.length).to.be.below(LIMIT);
    const answers = await Promise.all(Array.from({ length: 8 }, () => ask(bomb, { "Content-Encoding": "gzip" })));
    for (const { status, bytes } of answers) {
      expect(status).to.equal(413);
      expect(String(bytes)).to.include(`must not be longer than ${LIMIT} bytes (MAX_BODY_BYTES)`);
    }
    expect(process.memoryUsage().arrayBuffers - before).to.be.below(blanks.length / 2);
    expect((await ask(gzipSync(json(1)), { "Content-Encoding": "gzip" })).status).to.equal(200);
  });

  it("that are too long as they are sent are answered 413", async () => {
    const { randomBytes } = await import("node:crypto");
    const { status } = await ask(gzipSync(randomBytes(3 * LIMIT)), { "Content-Encoding": "gzip" });
    expect(status).to.equal(413);
  });

  it("are sent as responses to clients that accept them, if they are long", async () => {
    const long = Buffer.from(json(40_000));
    const plain = await ask(long, {});
    expect(plain.headers).not.to.have.property("content-encoding");
    for (const [accepted, encoding, decompress] of [
      ["gzip", "gzip", gunzipSync],
      ["deflate", "deflate", inflateSync],
      ["br;q=1.0, gzip;q=0.5, deflate;q=0", "gzip", gunzipSync],
      ["gzip;q=0, deflate", "deflate", inflateSync],
    ] as const) {
      const { status, headers, bytes } = await ask(long, { "Accept-Encoding": accepted });
      expect(status).to.equal(200);
      expect(headers).to.include({ "content-encoding": encoding, vary: "Accept-Encoding" });
      expect(Number(headers["content-length"]))
        .to.equal(bytes.length)
        .and.to.be.below(plain.bytes.length / 10);
      expect(decompress(bytes).equals(plain.bytes), accepted).to.equal(true);
    }
    for (const accepted of ["br", "identity", "gzip;q=0", ""]) {
      expect((await ask(long, { "Accept-Encoding": accepted })).headers).not.to.have.property("content-encoding");
    }
    expect((await ask(Buffer.from(json(3)), { "Accept-Encoding": "gzip" })).headers).not.to.have.property(
      "content-encoding",
    );
  });

  it("are sent as binary responses as well, with the length of the JSON before compression", async () => {
    const inputs = [{ name: "x", datatype: "FP32", shape: [40_000], parameters: { binary_data_size: 160_000 } }];
    const head = Buffer.from(JSON.stringify({ inputs, parameters: { binary_data_output: true } }));
    const body = Buffer.concat([head, Buffer.alloc(160_000)]);
    const length = { "Inference-Header-Content-Length": String(head.length) };
    const path = "/v2/models/half-plus-two/infer";
    const plain = await ask(body, length, path);
    const packed = await ask(
      gzipSync(body),
      { ...length, "Content-Encoding": "gzip", "Accept-Encoding": "gzip" },
      path,
    );
    expect(packed.headers).to.include({ "content-encoding": "gzip" });
    const header = "inference-header-content-length";
    expect(packed.headers[header]).to.equal(plain.headers[header]);
    expect(gunzipSync(packed.bytes).equals(plain.bytes)).to.equal(true);
  });
});
