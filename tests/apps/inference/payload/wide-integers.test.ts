import { expect } from "chai";
import { keepDigits, keptInteger } from "../../../../apps/inference/payload/kept-numbers.ts";
import { layOut } from "../support/registry.ts";
import { startTestServer, type TestServer } from "../support/server.ts";

const LEAST = "-9223372036854775808";
const GREATEST = "9223372036854775807";
const RANGE = `must be a whole number from ${LEAST} to ${GREATEST}`;

describe("64-bit integers in JSON", () => {
  let server: TestServer;
  before(async () => {
    server = await startTestServer({ model: "same" });
  });
  after(() => server.stop());

  /** As text, because JavaScript numbers would round. */
  const ask = async (path: string, body: string) => {
    const response = await fetch(server.url + path, {
      method: "POST",
      body,
      headers: { "Content-Type": "application/json" },
    });
    return { status: response.status, text: await response.text() };
  };
  const numbers = `${LEAST},-9007199254740993,-1,0,9007199254740993,1234567890123456,${GREATEST}`;

  it("keep all digits at /predict", async () => {
    const { status, text } = await ask("/predict", `{"instances":[${numbers}]}`);
    expect(status, text).to.equal(200);
    expect(text).to.include(`"predictions":[${numbers}]`);
  });

  it("keep all digits at /v1, as plain values or in named fields", async () => {
    const plain = await ask("/v1/models/same:predict", `{"instances":[${numbers}]}`);
    expect(plain.text).to.equal(`{"predictions":[${numbers}]}`);
    const first = await ask("/v1/models/same:predict", `{"instances":[${GREATEST}]}`);
    expect(first.text).to.equal(`{"predictions":[${GREATEST}]}`);
    const named = await ask("/v1/models/same:predict", `{"instances":[{"x":${LEAST}},{"x":1}]}`);
    expect(named.text).to.equal(`{"predictions":[${LEAST},1]}`);
  });

  it("keep all digits at /v2, whatever else the request contains", async () => {
    const body = `{"id":"\\"9223372036854775807","parameters":{"n":${GREATEST}},"inputs":[{"name":"x","datatype":"INT64","shape":[7],"data":[${numbers}]}]}`;
    const { status, text } = await ask("/v2/models/same/infer", body);
    expect(status, text).to.equal(200);
    expect(text).to.include(`"data":[${numbers}]`).and.to.include('"id":"\\"9223372036854775807"');
  });

  it("are rejected if the type cannot hold them, with its range", async () => {
    for (const number of ["9223372036854775808", "-9223372036854775809", "1e19", "0.5", "12345678901234567890123"]) {
      const { status, text } = await ask("/predict", `{"instances":[1,${number}]}`);
      expect(status, number).to.equal(422);
      expect(JSON.parse(text).error).to.include({ path: "instances[1]", message: RANGE });
    }
  });

  it("are ignored outside of the model's inputs", async () => {
    const input = `{"name":"x","datatype":"INT64","shape":[1],"data":[1]}`;
    const { status, text } = await ask("/v2/models/same/infer", `{"id":${GREATEST},"inputs":[${input}]}`);
    expect(status).to.equal(422);
    expect(JSON.parse(text).error).to.equal("id must be a string, not a number");
    for (const broken of ["[01234567890123456789]", `[${GREATEST}${GREATEST}x]`, `[${GREATEST} 1]`]) {
      expect((await ask("/predict", `{"instances":${broken}}`)).status, broken).to.equal(400);
    }
  });

  it("keep all digits in the response of a regression", async () => {
    const other = await startTestServer({ model: "same", published: [], wait: false });
    await layOut(other.root, "same", (written) => ({
      ...written,
      signature: { ...written.signature, kind: "regression" },
    }));
    await other.running.loaded;
    const response = await fetch(`${other.url}/predict`, {
      method: "POST",
      body: `{"features":[${GREATEST}]}`,
      headers: { "Content-Type": "application/json" },
    });
    expect(await response.text()).to.equal(`{"prediction":${GREATEST}}`);
    await other.stop();
  });
});

describe("keeping the digits of long integers", () => {
  const reread = (text: string) =>
    JSON.parse(keepDigits(text), (_key, value) => keptInteger(value)?.toString().concat("n") ?? value);

  for (const [text, expected] of [
    ["[12345678901234567890]", ["12345678901234567890n"]],
    ["[-12345678901234567890,1]", ["-12345678901234567890n", 1]],
    ['["12345678901234567890"]', ["12345678901234567890"]],
    ['["\\"12345678901234567890\\\\",12345678901234567890]', ['"12345678901234567890\\', "12345678901234567890n"]],
    ['{"12345678901234567890":{"a":12345678901234567890}}', { "12345678901234567890": { a: "12345678901234567890n" } }],
    ["[0.12345678901234567890, 1e-12345678901234567]", [0.12345678901234568, 0]],
    ["[12345678901234567.5, 12345678901234567e2]", [12345678901234568, 1234567890123456800]],
    ["[1234567890123456]", [1234567890123456]],
  ] as const) {
    it(`in ${text}`, () => {
      expect(reread(text)).to.deep.equal(expected);
    });
  }

  it("does not mistake an object in the request for a long integer", () => {
    expect(keptInteger({ key: "1" })).to.equal(undefined);
    expect(keptInteger(JSON.parse('{"__proto__":"1"}'))).to.equal(undefined);
  });
});

describe("BOOL at /predict", () => {
  let server: TestServer;
  before(async () => {
    server = await startTestServer({ model: "not" });
  });
  after(() => server.stop());

  it("is true or false, or 0 or 1, and true or false in the response", async () => {
    const { status, body } = await server.post("/predict", { instances: [true, false, 0, 1] });
    expect(status).to.equal(200);
    expect(body.predictions).to.deep.equal([false, true, true, false]);
  });

  it("rejects any other value", async () => {
    const { body } = await server.post("/predict", { instances: [true, "true"] });
    expect(body.error).to.include({ path: "instances[1]", message: "must be true, false, 0 or 1, not a string" });
    expect((await server.post("/predict", { instances: [2] })).status).to.equal(422);
  });
});
