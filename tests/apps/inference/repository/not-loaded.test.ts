import { expect } from "chai";
import { startRepository, startTestServer, type TestServer, until } from "../support/server.ts";

describe("a model that is not served", () => {
  let server: TestServer;
  afterEach(() => server.stop());

  it("may still be loaded if a server of the whole registry has found nothing yet", async () => {
    server = await startTestServer({ model: "iris", published: [], wait: false, env: { MODEL_NAME: "*" } });
    for (const path of ["/predict", "/models/iris/predict", "/v2/models/iris/infer"]) {
      const { status, headers } = await server.post(path, {});
      expect(status, path).to.equal(503);
      expect(headers.get("retry-after")).to.equal("1");
    }
  });

  it("is not found if all models have been unloaded", async () => {
    server = await startRepository(["iris"], { MODEL_CONTROL: "explicit" });
    await server.post("/v2/repository/models/iris/unload", {});
    const { status, body } = await server.post("/predict", {});
    expect(status).to.equal(404);
    expect(body.error.message).to.equal("no model is loaded here");
  });

  it("is not found in a version that the settings do not request, while others are loading", async () => {
    server = await startTestServer({ model: "iris", wait: false, env: { MODEL_NAME: "iris,words" } });
    const infer = async (place: string) => (await server.post(`/v2/models/${place}/infer`, {})).status;
    await until(async () => (await server.get("/v2/models/iris/ready")).status === 200);
    expect(await infer("iris/versions/9")).to.equal(404);
    expect(await infer("words/versions/9")).to.equal(404);
    expect(await infer("words/versions/1")).to.equal(503);
    expect(await infer("words")).to.equal(503);
    expect(await infer("nix")).to.equal(404);
  });

  for (const [asked, status] of [
    ["latest", 404],
    ["all", 503],
  ] as const) {
    it(`in another version with ${asked}: ${status}`, async () => {
      const env = { MODEL_NAME: "iris,words", MODEL_VERSION: asked };
      server = await startTestServer({ model: "iris", wait: false, env });
      await until(async () => (await server.get("/v2/models/iris/ready")).status === 200);
      expect((await server.post("/v2/models/iris/versions/9/infer", {})).status).to.equal(status);
      expect((await server.post("/v2/models/words/versions/9/infer", {})).status).to.equal(503);
    });
  }
});
