import { expect } from "chai";
import { publish, writeIndex, writeVersion } from "../support/registry.ts";
import { loaded, publishAnew, sendOn, spoil, startRepository, states, versionOf } from "../support/repository.ts";
import type { TestServer } from "../support/server.ts";

describe("a repository with changes on request", () => {
  let server: TestServer;
  afterEach(() => server.stop());

  it("loads and unloads on request with MODEL_CONTROL=explicit", async () => {
    server = await startRepository({ MODEL_CONTROL: "explicit" }, [["words", "1"]]);
    const change = (model: string, what: "load" | "unload", body: unknown = {}) =>
      server.post(`/v2/repository/models/${model}/${what}`, body);

    await publish(server.root, ["words", "1"], ["words", "2"], ["iris", "1"]);
    expect((await change("iris", "load")).status).to.equal(200);
    expect((await server.get("/v2/models/iris/ready")).status).to.equal(200);
    expect((await change("words", "load")).status).to.equal(200);
    expect(await versionOf(server, "words")).to.deep.equal(["2"]);
    expect((await change("iris", "unload")).status).to.equal(200);
    expect((await server.get("/v2/models/iris/ready")).status).to.equal(404);
    expect((await change("iris", "unload")).status).to.equal(400);
    expect(await states(server)).to.deep.equal(["iris/1 UNAVAILABLE", "words/1 UNAVAILABLE", "words/2 READY"]);

    const nothing = await change("nothing", "load");
    expect(nothing.status).to.equal(400);
    expect(nothing.body.error).to.match(/nothing is not in the registry/);
    expect((await change("..%2F..%2Fetc", "load")).status).to.equal(400);
    expect((await change("iris", "load", { parameters: { config: "{}" } })).status).to.equal(422);
    expect((await server.get("/metrics")).body).not.to.include('model="iris"');
  });

  it("reloads on request a version that is published again, and keeps the loaded one if the new one is broken", async () => {
    server = await startRepository({ MODEL_CONTROL: "explicit" }, [["half-plus-two", "1"]]);
    const load = () => server.post("/v2/repository/models/half-plus-two/load", {});
    const end = sendOn(server);
    const mend = await spoil(server, "half-plus-two", "1");
    const { status, body } = await load();
    expect(status).to.equal(400);
    expect(body.error).to.match(/half-plus-two\/1\/model\.onnx is corrupt/);
    await mend();
    const sha256 = await publishAnew(server);
    expect((await load()).status).to.equal(200);
    expect(await loaded(server)).to.deep.equal([sha256]);
    expect(await states(server)).to.deep.equal(["half-plus-two/1 READY"]);
    expect(await end()).to.deep.equal([200]);
  });

  it("loads all complete versions on request, and reports the others with the reason", async () => {
    server = await startRepository({ MODEL_CONTROL: "explicit", MODEL_VERSION: "all" }, [["words", "1"]]);
    await writeVersion(server.root, "words", "2");
    await writeVersion(server.root, "words", "3");
    const mend = await spoil(server, "words", "2");
    await writeIndex(server.root, ["words", "2"], ["words", "3"]);
    const load = () => server.post("/v2/repository/models/words/load", {});
    const { status, body } = await load();
    expect(status).to.equal(400);
    expect(body.error).to.match(/^[^;]*words\/2\/model\.onnx is corrupt[^;]*$/);
    expect(await versionOf(server, "words")).to.deep.equal(["3"]);
    await mend();
    expect((await load()).status).to.equal(200);
    expect(await versionOf(server, "words")).to.deep.equal(["2", "3"]);
  });

  it("keeps no memory of unknown names in requests", async () => {
    server = await startRepository({ MODEL_NAME: "words", MODEL_VERSION: "1", MODEL_CONTROL: "explicit" }, [
      ["words", "1"],
    ]);
    for (const name of ["nothing", "made-up"]) {
      const { status, body } = await server.post(`/v2/repository/models/${name}/load`, {});
      expect(status).to.equal(400);
      expect(body.error).to.match(new RegExp(`there is no version 1 of ${name}$`));
    }
    expect(await states(server)).to.deep.equal(["words/1 READY"]);
  });

  it("requires the API key before it changes anything", async () => {
    server = await startRepository({ MODEL_CONTROL: "explicit", API_KEY: "secret" }, [["words", "1"]]);
    expect((await server.post("/v2/repository/models/words/unload", {})).status).to.equal(401);
    expect((await server.get("/v2/models/words/ready")).status).to.equal(200);
  });
});
