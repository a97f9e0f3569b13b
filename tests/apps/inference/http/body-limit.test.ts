import { constants } from "node:buffer";
import { expect } from "chai";
import { HttpError } from "../../../../apps/inference/http-error.ts";
import { parseJson } from "../../../../apps/inference/payload/json.ts";
import { raw } from "../support/raw.ts";
import { startTestServer, type TestServer } from "../support/server.ts";

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

describe("JSON longer than the maximum string length", () => {
  it("is answered 413, not as an error of the model", () => {
    const { MAX_STRING_LENGTH } = constants;
    const parse = () => parseJson(Buffer.alloc(MAX_STRING_LENGTH + 1));
    expect(parse)
      .to.throw(HttpError, `JSON must not be longer than ${MAX_STRING_LENGTH} bytes`)
      .with.property("status", 413);
  });
});
