import { mkdir, readFile, rename, rm, rmdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "chai";
import { indexFile, MODEL_FILE, versionDirectory } from "../../../../apps/registry/layout.ts";
import { publish, writeIndex, writeVersion } from "../support/registry.ts";
import {
  loaded,
  publishAnew,
  sendOn,
  spoil,
  startRepository,
  states,
  versionOf,
  WHOLE,
} from "../support/repository.ts";
import { startTestServer, type TestServer, until } from "../support/server.ts";

const POLL = { MODEL_CONTROL: "poll", MODEL_POLL_SECONDS: "0.02" };

describe("a whole repository in one server", () => {
  let server: TestServer;
  afterEach(() => server.stop());

  it("serves the newest version of every model by its name", async () => {
    server = await startRepository({}, [
      ["words", "1"],
      ["words", "2"],
      ["iris", "1"],
      ["half-plus-two", "10"],
      ["pair", "1"],
    ]);
    const { body } = await server.post("/models/words/predict", { text: "good" });
    expect(body).to.include({ sentiment: "positive", model: "words", version: "2" });
    expect((await server.post("/models/half-plus-two/predict", { instances: [1] })).body.predictions).to.deep.equal([
      2.5,
    ]);
    expect((await server.post("/models/half-plus-two/versions/10/predict", { instances: [1] })).status).to.equal(200);
    expect((await server.post("/models/words/versions/1/predict", { text: "good" })).status).to.equal(404);
    expect((await server.post("/predict", { text: "good" })).status).to.equal(404);
    expect((await server.post("/models/pair/predict", { a: [1, 2], b: [3, 4] })).body).to.have.keys("sum", "product");
    expect((await server.get("/health")).body).to.deep.equal({ status: "healthy", model: "*", version: "latest" });
    const { body: metrics } = await server.get("/metrics");
    expect(metrics).to.include('model_predictions_total{model="words",version="2"} 1');
    expect(metrics).to.include('model_predictions_total{model="half-plus-two",version="10"} 2');
  });

  it("serves every version with `all`, and a list of models if one is given", async () => {
    server = await startRepository({ MODEL_NAME: "words,iris", MODEL_VERSION: "all" }, [
      ["words", "1"],
      ["words", "2"],
      ["iris", "1"],
      ["linear", "1"],
    ]);
    expect(await versionOf(server, "words")).to.deep.equal(["1", "2"]);
    expect((await server.post("/models/words/versions/1/predict", { text: "good" })).body.version).to.equal("1");
    expect((await server.post("/models/words/predict", { text: "good" })).body.version).to.equal("2");
    expect((await server.get("/v2/models/words")).body.versions).to.deep.equal(["1", "2"]);
    expect((await server.get("/v2/models/linear")).status).to.equal(404);
  });

  it("lists for each version whether it is served, or why not", async () => {
    server = await startTestServer({
      model: "words",
      published: [
        ["words", "1"],
        ["words", "2"],
        ["iris", "1"],
      ],
      env: WHOLE,
    });
    expect(await states(server)).to.deep.equal(["iris/1 READY", "words/1 UNAVAILABLE", "words/2 READY"]);
    const ready = await server.post("/v2/repository/index", { ready: true });
    expect(ready.body.map(({ name }: { name: string }) => name)).to.deep.equal(["iris", "words"]);
  });

  it("serves the other models while one is broken, and that one once it is fixed", async () => {
    server = await startTestServer({ model: "words", published: [], wait: false, env: { ...WHOLE, ...POLL } });
    expect((await server.get("/ready")).status).to.equal(503);
    await publish(server.root, ["iris", "1"]);
    await until(async () => (await server.get("/ready")).status === 200);
    await writeVersion(server.root, "words", "1");
    const mend = await spoil(server, "words", "1");
    await writeIndex(server.root, ["iris", "1"], ["words", "1"]);
    await until(async () => {
      const { body } = await server.post("/v2/repository/index", {});
      return body.some((one: { reason: string }) => /corrupt.*SHA-256/.test(one.reason));
    });
    expect((await server.get("/v2/models/words/ready")).status).to.equal(404);
    expect((await server.get("/v2/models/iris/ready")).status).to.equal(200);
    await mend();
    await until(async () => (await server.get("/v2/models/words/ready")).status === 200);
  });

  it("switches to a newer version when it is published, and back when it is withdrawn", async () => {
    server = await startRepository(POLL, [["half-plus-two", "1"]]);
    const end = sendOn(server);
    await publish(server.root, ["half-plus-two", "1"], ["half-plus-two", "2"], ["iris", "1"]);
    await until(async () => (await versionOf(server, "half-plus-two"))?.join() === "2");
    await until(async () => (await server.get("/v2/models/iris/ready")).status === 200);
    await publish(server.root, ["half-plus-two", "1"]);
    await until(async () => (await versionOf(server, "half-plus-two"))?.join() === "1");
    await until(async () => (await server.get("/v2/models/iris/ready")).status === 404);
    expect(await end()).to.deep.equal([200]);
  });

  it("switches to a version that is published again under the same number", async () => {
    server = await startRepository(POLL, [["half-plus-two", "1"]]);
    const end = sendOn(server);
    const sha256 = await publishAnew(server);
    await until(async () => (await loaded(server)).join() === sha256);
    expect(await end()).to.deep.equal([200]);
    expect((await server.get("/metrics")).body).to.match(/^model_predictions_total\{model="half-plus-two".*\} [1-9]/m);
  });

  it("unloads a withdrawn version while another one is broken", async () => {
    server = await startRepository({ ...POLL, MODEL_VERSION: "all" }, [
      ["words", "1"],
      ["words", "3"],
    ]);
    await writeVersion(server.root, "words", "2");
    await spoil(server, "words", "2");
    await writeIndex(server.root, ["words", "2"], ["words", "3"]);
    await until(async () => (await versionOf(server, "words"))?.join() === "3");
  });

  it("keeps serving its version if the newer one is broken", async () => {
    server = await startRepository(POLL, [["words", "1"]]);
    await writeVersion(server.root, "words", "2");
    await rm(path.join(versionDirectory(server.root, "words", "2"), MODEL_FILE));
    await writeIndex(server.root, ["words", "1"], ["words", "2"]);
    await until(() => server.log.some((line) => line.includes("a version cannot be served")));
    expect((await server.post("/models/words/predict", { text: "good" })).body.version).to.equal("1");
  });

  const lost: readonly (readonly [string, () => Promise<() => Promise<void>>, RegExp])[] = [
    [
      "the index cannot be read",
      async () => {
        const good = await readFile(indexFile(server.root));
        await writeFile(indexFile(server.root), "{");
        return () => writeFile(indexFile(server.root), good);
      },
      /registry\/models\.json is not JSON/,
    ],
    [
      "its folder is gone",
      async () => {
        await rename(server.root, `${server.root}-aside`);
        return () => rename(`${server.root}-aside`, server.root);
      },
      /^cannot read .*: it is not there/,
    ],
    [
      "its folder is empty, as where a volume was mounted",
      async () => {
        await rename(server.root, `${server.root}-aside`);
        await mkdir(server.root);
        return async () => {
          await rmdir(server.root);
          await rename(`${server.root}-aside`, server.root);
        };
      },
      /has neither an index nor a model any more/,
    ],
  ];
  for (const [what, lose, reason] of lost) {
    for (const names of ["*", "words"]) {
      it(`keeps its models if ${what}, logs that once, and follows the registry again later, with MODEL_NAME ${names}`, async () => {
        server = await startRepository({ ...POLL, MODEL_NAME: names }, [["words", "1"]]);
        const restore = await lose();
        const told = () =>
          server.log
            .map((line) => JSON.parse(line))
            .filter(({ level, reason: why }) => level === "warn" && reason.test(why));
        await until(() => told().length > 0);
        const looks = server.log.length;
        await until(() => server.log.length > looks + 2);
        expect(told()).to.have.lengthOf(1);
        expect((await server.post("/models/words/predict", { text: "good" })).status).to.equal(200);
        await restore();
        await publish(server.root, ["words", "1"], ["words", "2"]);
        await until(async () => (await versionOf(server, "words"))?.join() === "2");
      });
    }
  }

  it("unloads everything if the index is empty", async () => {
    server = await startRepository(POLL, [["words", "1"]]);
    await writeIndex(server.root);
    await until(async () => (await states(server)).length === 0);
  });

  it("does not follow the registry by default", async () => {
    server = await startRepository({}, [["words", "1"]]);
    await publish(server.root, ["words", "1"], ["words", "2"]);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(await versionOf(server, "words")).to.deep.equal(["1"]);
    for (const change of ["load", "unload"]) {
      const { status, body } = await server.post(`/v2/repository/models/words/${change}`, {});
      expect(status).to.equal(403);
      expect(body.error).to.match(/MODEL_CONTROL=explicit/);
    }
  });

  it("no longer lists a broken version once it is withdrawn", async () => {
    server = await startRepository(POLL, [["words", "1"]]);
    await writeVersion(server.root, "iris", "1");
    await spoil(server, "iris", "1");
    await writeIndex(server.root, ["words", "1"], ["iris", "1"]);
    await until(async () => (await states(server)).includes("iris/1 UNAVAILABLE"));
    await writeIndex(server.root, ["words", "1"]);
    await until(async () => (await states(server)).join() === "words/1 READY");
  });
});
