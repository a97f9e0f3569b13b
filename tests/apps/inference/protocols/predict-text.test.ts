import { expect } from "chai";
import { startTestServer, type TestServer } from "../support/server.ts";

describe("predicting from a text", () => {
  let server: TestServer;
  before(async () => {
    server = await startTestServer({ model: "words" });
  });
  after(() => server.stop());

  it("returns the sentiment, its confidence, and the model", async () => {
    const { status, body } = await server.post("/predict", { text: "a GOOD day" });
    expect(status).to.equal(200);
    // softmax(0, 1) = 0.73105857863…; its float32 is serialized with as many digits as it needs
    expect(body).to.deep.equal({
      text: "a GOOD day",
      sentiment: "positive",
      confidence: 0.7310586,
      model: "words",
      version: "1",
    });
  });

  it("distinguishes a negative text from a positive one", async () => {
    const { body } = await server.post("/predict", { text: "awful and bad" });
    expect(body).to.include({ sentiment: "negative", text: "awful and bad" });
    expect(body.confidence).to.be.closeTo(1 / (1 + Math.exp(-2)), 1e-6);
  });

  it("returns the text unchanged, including emoji and lone surrogates", async () => {
    const text = 'gut 👍 "x" \ud800 \u0000 good';
    const { status, body } = await server.post("/predict", { text });
    expect(status).to.equal(200);
    expect(body).to.include({ text, sentiment: "positive" });
  });

  it("rejects a blank text", async () => {
    const { status, body } = await server.post("/predict", { text: " \n" });
    expect(status).to.equal(422);
    expect(body.error).to.include({ code: "invalid_input", path: "text", message: "must not be blank" });
  });

  it("answers long and short texts in one list in order", async () => {
    const texts = ["good", "bad ".repeat(20_000), "great", "good ".repeat(20_000), "awful"];
    const { status, body } = await server.post(
      "/predict",
      texts.map((text) => ({ text })),
    );
    expect(status).to.equal(200);
    expect(body.map((one: { sentiment: string }) => one.sentiment)).to.deep.equal([
      "positive",
      "negative",
      "positive",
      "positive",
      "negative",
    ]);
  });

  it("counts an emoji as one character", async () => {
    const { status } = await server.post("/predict", { text: "👍".repeat(100_000) });
    expect(status).to.equal(200);
    const longer = await server.post("/predict", { text: "👍".repeat(100_001) });
    expect(longer.status).to.equal(422);
  });

  it("accepts a text of 100,000 characters and rejects a longer one", async () => {
    const text = "good ".repeat(20_000);
    expect((await server.post("/predict", { text })).status).to.equal(200);
    const { status, body } = await server.post("/predict", { text: `${text}!` });
    expect(status).to.equal(422);
    expect(body.error.message).to.equal("must not be longer than 100000 characters; it has 100001");
  });
});
