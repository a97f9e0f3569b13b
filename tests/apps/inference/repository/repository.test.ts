import { createHash } from "node:crypto";
import { mkdir, readFile, rename, rm, rmdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "chai";
import { indexFile, METADATA_FILE, MODEL_FILE, versionDirectory } from "../../../../apps/registry/layout.ts";
import type { ModelName } from "../support/models.ts";
import { metadataOf, publish, writeIndex, writeVersion } from "../support/registry.ts";
import { startTestServer, type TestServer, until } from "../support/server.ts";

const WHOLE = { MODEL_NAME: "*", MODEL_VERSION: "latest" };
const POLL = { MODEL_CONTROL: "poll", MODEL_POLL_SECONDS: "0.02" };

describe("a whole repository in one server", () => {
  let server: TestServer;
  afterEach(() => server.stop());

  const start = (env: Record<string, string>, published: readonly (readonly [ModelName, string])[]) =>
    startTestServer({ model: "words", published, env: { ...WHOLE, ...env } });
  const states = async () =>
    ((await server.post("/v2/repository/index", {})).body as { name: string; version: string; state: string }[]).map(
      ({ name, version, state }) => `${name}/${version} ${state}`,
    );
  const versionOf = async (model: string) =>
    (await server.get(`/v1/models/${model}`)).body.model_version_status?.map((one: { version: string }) => one.version);

  /** Changes one byte of a version's graph; returns a function that restores it. */
  async function spoil(model: ModelName, version: string): Promise<() => Promise<void>> {
    const file = path.join(versionDirectory(server.root, model, version), MODEL_FILE);
    const good = await readFile(file);
    const bad = Buffer.from(good);
    bad.writeUInt8(bad.readUInt8(100) ^ 1, 100);
    await writeFile(file, bad);
    return () => writeFile(file, good);
  }

  /** Publishes version 1 of half-plus-two again, with a comment in its graph; returns its new SHA-256. */
  async function publishAnew(): Promise<string> {
    const directory = versionDirectory(server.root, "half-plus-two", "1");
    const graph = await readFile(path.join(directory, MODEL_FILE));
    // `doc_string`, the sixth field of `ModelProto`.
    const anew = Buffer.concat([graph, Buffer.from("\x32\x04anew")]);
    const sha256 = createHash("sha256").update(anew).digest("hex");
    const { artifact, ...metadata } = await metadataOf("half-plus-two", "1");
    await writeFile(path.join(directory, MODEL_FILE), anew);
    const described = { ...metadata, artifact: { ...artifact, sha256, bytes: anew.byteLength } };
    await writeFile(path.join(directory, METADATA_FILE), JSON.stringify(described));
    return sha256;
  }
  /** The SHA-256 of the loaded graph. */
  const loaded = async () =>
    [...(await server.get("/metrics")).body.matchAll(/^model_info\{.*sha256="([0-9a-f]+)"/gm)].map(
      ([, sha256]) => sha256,
    );
  /** Sends requests to half-plus-two one after another; the returned function stops it and returns the statuses. */
  function sendOn(): () => Promise<readonly number[]> {
    const clients = new AbortController();
    const statuses = new Set<number>();
    const load = (async () => {
      while (!clients.signal.aborted) {
        statuses.add((await server.post("/models/half-plus-two/predict", { instances: [1] })).status);
      }
    })();
    return async () => {
      clients.abort();
      await load;
      return [...statuses];
    };
  }

  it("serves the newest version of every model by its name", async () => {
    server = await start({}, [
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
    expect((await server.post("/models/pair/predict", {})).body.error.message).to.match(
      /takes tensors.*\/v2\/models\/pair\/infer/,
    );
    expect((await server.get("/health")).body).to.deep.equal({ status: "healthy", model: "*", version: "latest" });
    const { body: metrics } = await server.get("/metrics");
    expect(metrics).to.include('model_predictions_total{model="words",version="2"} 1');
    expect(metrics).to.include('model_predictions_total{model="half-plus-two",version="10"} 2');
  });

  it("serves every version with `all`, and a list of models if one is given", async () => {
    server = await start({ MODEL_NAME: "words,iris", MODEL_VERSION: "all" }, [
      ["words", "1"],
      ["words", "2"],
      ["iris", "1"],
      ["linear", "1"],
    ]);
    expect(await versionOf("words")).to.deep.equal(["1", "2"]);
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
    expect(await states()).to.deep.equal(["iris/1 READY", "words/1 UNAVAILABLE", "words/2 READY"]);
    const ready = await server.post("/v2/repository/index", { ready: true });
    expect(ready.body.map(({ name }: { name: string }) => name)).to.deep.equal(["iris", "words"]);
  });

  it("serves the other models while one is broken, and that one once it is fixed", async () => {
    server = await startTestServer({ model: "words", published: [], wait: false, env: { ...WHOLE, ...POLL } });
    expect((await server.get("/ready")).status).to.equal(503);
    await publish(server.root, ["iris", "1"]);
    await until(async () => (await server.get("/ready")).status === 200);
    await writeVersion(server.root, "words", "1");
    const mend = await spoil("words", "1");
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
    server = await start(POLL, [["half-plus-two", "1"]]);
    const end = sendOn();
    await publish(server.root, ["half-plus-two", "1"], ["half-plus-two", "2"], ["iris", "1"]);
    await until(async () => (await versionOf("half-plus-two"))?.join() === "2");
    await until(async () => (await server.get("/v2/models/iris/ready")).status === 200);
    await publish(server.root, ["half-plus-two", "1"]);
    await until(async () => (await versionOf("half-plus-two"))?.join() === "1");
    await until(async () => (await server.get("/v2/models/iris/ready")).status === 404);
    expect(await end()).to.deep.equal([200]);
  });

  it("switches to a version that is published again under the same number", async () => {
    server = await start(POLL, [["half-plus-two", "1"]]);
    const end = sendOn();
    const sha256 = await publishAnew();
    await until(async () => (await loaded()).join() === sha256);
    expect(await end()).to.deep.equal([200]);
    expect((await server.get("/metrics")).body).to.match(/^model_predictions_total\{model="half-plus-two".*\} [1-9]/m);
  });

  it("unloads a withdrawn version while another one is broken", async () => {
    server = await start({ ...POLL, MODEL_VERSION: "all" }, [
      ["words", "1"],
      ["words", "3"],
    ]);
    await writeVersion(server.root, "words", "2");
    await spoil("words", "2");
    await writeIndex(server.root, ["words", "2"], ["words", "3"]);
    await until(async () => (await versionOf("words"))?.join() === "3");
  });

  it("keeps serving its version if the newer one is broken", async () => {
    server = await start(POLL, [["words", "1"]]);
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
        server = await start({ ...POLL, MODEL_NAME: names }, [["words", "1"]]);
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
        await until(async () => (await versionOf("words"))?.join() === "2");
      });
    }
  }

  it("unloads everything if the index is empty", async () => {
    server = await start(POLL, [["words", "1"]]);
    await writeIndex(server.root);
    await until(async () => (await states()).length === 0);
  });

  it("does not follow the registry by default", async () => {
    server = await start({}, [["words", "1"]]);
    await publish(server.root, ["words", "1"], ["words", "2"]);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(await versionOf("words")).to.deep.equal(["1"]);
    for (const change of ["load", "unload"]) {
      const { status, body } = await server.post(`/v2/repository/models/words/${change}`, {});
      expect(status).to.equal(403);
      expect(body.error).to.match(/MODEL_CONTROL=explicit/);
    }
  });

  it("loads and unloads on request with MODEL_CONTROL=explicit", async () => {
    server = await start({ MODEL_CONTROL: "explicit" }, [["words", "1"]]);
    const change = (model: string, what: "load" | "unload", body: unknown = {}) =>
      server.post(`/v2/repository/models/${model}/${what}`, body);

    await publish(server.root, ["words", "1"], ["words", "2"], ["iris", "1"]);
    expect((await change("iris", "load")).status).to.equal(200);
    expect((await server.get("/v2/models/iris/ready")).status).to.equal(200);
    expect((await change("words", "load")).status).to.equal(200);
    expect(await versionOf("words")).to.deep.equal(["2"]);
    expect((await change("iris", "unload")).status).to.equal(200);
    expect((await server.get("/v2/models/iris/ready")).status).to.equal(404);
    expect((await change("iris", "unload")).status).to.equal(400);
    expect(await states()).to.deep.equal(["iris/1 UNAVAILABLE", "words/1 UNAVAILABLE", "words/2 READY"]);

    const nothing = await change("nothing", "load");
    expect(nothing.status).to.equal(400);
    expect(nothing.body.error).to.match(/nothing is not in the registry/);
    expect((await change("..%2F..%2Fetc", "load")).status).to.equal(400);
    expect((await change("iris", "load", { parameters: { config: "{}" } })).status).to.equal(422);
    expect((await server.get("/metrics")).body).not.to.include('model="iris"');
  });

  it("reloads on request a version that is published again, and keeps the loaded one if the new one is broken", async () => {
    server = await start({ MODEL_CONTROL: "explicit" }, [["half-plus-two", "1"]]);
    const load = () => server.post("/v2/repository/models/half-plus-two/load", {});
    const end = sendOn();
    const mend = await spoil("half-plus-two", "1");
    const { status, body } = await load();
    expect(status).to.equal(400);
    expect(body.error).to.match(/half-plus-two\/1\/model\.onnx is corrupt/);
    await mend();
    const sha256 = await publishAnew();
    expect((await load()).status).to.equal(200);
    expect(await loaded()).to.deep.equal([sha256]);
    expect(await states()).to.deep.equal(["half-plus-two/1 READY"]);
    expect(await end()).to.deep.equal([200]);
  });

  it("loads all complete versions on request, and reports the others with the reason", async () => {
    server = await start({ MODEL_CONTROL: "explicit", MODEL_VERSION: "all" }, [["words", "1"]]);
    await writeVersion(server.root, "words", "2");
    await writeVersion(server.root, "words", "3");
    const mend = await spoil("words", "2");
    await writeIndex(server.root, ["words", "2"], ["words", "3"]);
    const load = () => server.post("/v2/repository/models/words/load", {});
    const { status, body } = await load();
    expect(status).to.equal(400);
    expect(body.error).to.match(/^[^;]*words\/2\/model\.onnx is corrupt[^;]*$/);
    expect(await versionOf("words")).to.deep.equal(["3"]);
    await mend();
    expect((await load()).status).to.equal(200);
    expect(await versionOf("words")).to.deep.equal(["2", "3"]);
  });

  it("keeps no memory of unknown names in requests", async () => {
    server = await start({ MODEL_NAME: "words", MODEL_VERSION: "1", MODEL_CONTROL: "explicit" }, [["words", "1"]]);
    for (const name of ["nothing", "made-up"]) {
      const { status, body } = await server.post(`/v2/repository/models/${name}/load`, {});
      expect(status).to.equal(400);
      expect(body.error).to.match(new RegExp(`there is no version 1 of ${name}$`));
    }
    expect(await states()).to.deep.equal(["words/1 READY"]);
  });

  it("no longer lists a broken version once it is withdrawn", async () => {
    server = await start(POLL, [["words", "1"]]);
    await writeVersion(server.root, "iris", "1");
    await spoil("iris", "1");
    await writeIndex(server.root, ["words", "1"], ["iris", "1"]);
    await until(async () => (await states()).includes("iris/1 UNAVAILABLE"));
    await writeIndex(server.root, ["words", "1"]);
    await until(async () => (await states()).join() === "words/1 READY");
  });

  it("requires the API key before it changes anything", async () => {
    server = await start({ MODEL_CONTROL: "explicit", API_KEY: "secret" }, [["words", "1"]]);
    expect((await server.post("/v2/repository/models/words/unload", {})).status).to.equal(401);
    expect((await server.get("/v2/models/words/ready")).status).to.equal(200);
  });
});
