import { expect } from "chai";
import { send, startTestServer, type TestServer } from "../support/server.ts";

describe("a body that the model does not accept", () => {
  let server: TestServer;
  before(async () => {
    server = await startTestServer({ model: "words" });
  });
  after(() => server.stop());

  const wrong: readonly (readonly [string, string, number, string | undefined])[] = [
    ["nothing", "", 400, undefined],
    ["cut-off JSON", '{"text": "a', 400, undefined],
    ["a million brackets", "[".repeat(1_000_000), 400, undefined],
    ["a string", '"good"', 422, ""],
    ["null", "null", 422, ""],
    ["a number", "1", 422, ""],
    ["an object without the field", "{}", 422, "text"],
    ["a field of the wrong type", '{"text": 1}', 422, "text"],
    ["a list in a list", '[[{"text": "good"}]]', 422, "[0]"],
    ["the field in __proto__ only", '{"__proto__": {"text": "good"}}', 422, "text"],
    ["the field in constructor.prototype only", '{"constructor": {"prototype": {"text": "good"}}}', 422, "text"],
  ];
  for (const [what, body, status, path] of wrong) {
    it(`${what} → ${status}${path === undefined ? "" : ` at "${path}"`}`, async () => {
      const answer = await server.post("/predict", body);
      expect(answer.status).to.equal(status);
      expect(answer.body.error.code).to.equal(status === 400 ? "invalid_json" : "invalid_input");
      expect(answer.body.error.path).to.equal(path);
      expect(answer.body.error.message).to.match(/^[^\n]{5,120}$/);
    });
  }

  it("invalid JSON → 400 with the position and the character there", async () => {
    const told = async (body: string) => (await server.post("/predict", body)).body.error.message;
    expect(await told('{"text":\n "secret" x}')).to.equal('the body is not JSON: unexpected "x" at line 2, column 11');
    expect(await told('{"text": "secret')).to.equal(
      "the body is not JSON: unexpected end of input at line 1, column 17",
    );
    expect(await told("[1, 2,]")).to.equal('the body is not JSON: unexpected "]" at line 1, column 7');
  });

  it("bytes that are not UTF-8 → 400", async () => {
    const answer = await send(`${server.url}/predict`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: Buffer.concat([Buffer.from('{"text": "'), Buffer.from([0xc3, 0x28]), Buffer.from('"}')]),
    });
    expect(answer.status).to.equal(400);
    expect(answer.body.error.message).to.equal("the body is not JSON: it is not UTF-8");
  });

  it("does not pollute prototypes", async () => {
    await server.post("/predict", '{"text": "good", "__proto__": {"polluted": true}}');
    expect(({} as Record<string, unknown>)["polluted"]).to.equal(undefined);
    expect((await server.post("/predict", { text: "good" })).status).to.equal(200);
  });
});
