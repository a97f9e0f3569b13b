import { mkdir, rename, rm } from "node:fs/promises";
import path from "node:path";
import { expect } from "chai";
import { unserved } from "../../../../apps/inference/repository/unserved.ts";
import { indexFile, METADATA_FILE } from "../../../../apps/registry/layout.ts";
import { readPublished } from "../../../../apps/registry/read.ts";
import { type Child, endChild, startChild } from "../support/child.ts";
import { emptyRegistry, layOut, publish, writeIndex } from "../support/registry.ts";
import { send, until } from "../support/server.ts";

describe("npm run serve", () => {
  let registry: { root: string; remove: () => Promise<void> };
  let child: Child | undefined;
  beforeEach(async () => {
    registry = await emptyRegistry();
  });
  afterEach(async () => {
    await endChild(child);
    await registry.remove();
  });

  const serve = (...args: string[]) => {
    child = startChild("serve.ts", {}, ["--models", registry.root, "--port", "0", ...args]);
    return child;
  };

  it("serves the only model of a folder, at its newest version, and stops at once on Ctrl-C", async () => {
    await publish(registry.root, ["half-plus-two", "1"], ["half-plus-two", "2"]);
    const running = serve();
    const line = await running.line(/^Serving /);
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0];
    const { status, body } = await send(`${url}/predict`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: '{"instances": [1, 2, 5]}',
    });
    expect(status).to.equal(200);
    expect(body).to.deep.equal({ predictions: [2.5, 3, 4.5], model: "half-plus-two", version: "2" });
    running.process.kill("SIGINT");
    expect(await running.exited).to.equal(0);
  });

  it("serves the given model and version", async () => {
    await publish(registry.root, ["iris", "1"], ["words", "1"], ["words", "2"]);
    const line = await serve("--model", "words", "--version", "1").line(/^Serving words /);
    const { body } = await send(`${/http:\/\/[^ ]+/.exec(line)?.[0]}/health`, {});
    expect(body).to.deep.equal({ status: "healthy", model: "words", version: "1" });
  });

  it("serves the whole folder if it contains several models and none is named", async () => {
    await publish(registry.root, ["iris", "1"], ["words", "1"]);
    const line = await serve().line(/^Serving every model /);
    const url = /http:\/\/[^ ]+/.exec(line)?.[0];
    const post = (path: string, body: unknown) =>
      send(url + path, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(body),
      });
    expect((await post("/models/words/predict", { text: "good" })).body.sentiment).to.equal("positive");
    const iris = { sepal_length: 5, sepal_width: 3, petal_length: 1, petal_width: 0.2 };
    expect((await post("/models/iris/predict", iris)).body.species_name).to.equal("setosa");
    const unnamed = await post("/predict", { text: "good" });
    expect(unnamed.status).to.equal(404);
    expect(unnamed.body.error.message).to.match(/name one: POST \/models\/\{model\}\/predict$/);
  });

  it("serves versions published later", async () => {
    await publish(registry.root, ["half-plus-two", "1"]);
    child = startChild("serve.ts", { MODEL_POLL_SECONDS: "0.02" }, ["--models", registry.root, "--port", "0"]);
    const url = /http:\/\/[^ ]+/.exec(await child.line(/^Serving /))?.[0];
    await publish(registry.root, ["half-plus-two", "1"], ["half-plus-two", "2"]);
    await until(async () => (await send(`${url}/health`, {})).body.version === "2");
  });

  it("serves models published later if all models are served", async () => {
    await publish(registry.root, ["half-plus-two", "1"]);
    const args = ["--models", registry.root, "--port", "0", "--model", "*"];
    child = startChild("serve.ts", { MODEL_POLL_SECONDS: "0.02" }, args);
    const url = /http:\/\/[^ ]+/.exec(await child.line(/^Serving every model /))?.[0];
    await publish(registry.root, ["half-plus-two", "1"], ["iris", "1"]);
    await until(async () => (await send(`${url}/v2/models/iris/ready`, {})).status === 200);
  });

  it("reports a folder without models", async () => {
    const running = serve();
    expect(await running.exited).to.equal(1);
    expect(running.stderr).to.have.lengthOf(1);
    expect(running.stderr[0]).to.match(/has no model: train one with/);
  });

  it("reports a missing folder", async () => {
    child = startChild("serve.ts", {}, ["--models", `${registry.root}/nowhere`]);
    expect(await child.exited).to.equal(1);
    expect(child.stderr).to.deep.equal([
      `--models ${registry.root}/nowhere cannot be read (ENOENT): name a registry folder`,
    ]);
  });

  it("reports an unknown option", async () => {
    const running = serve("--prot", "1");
    expect(await running.exited).to.equal(1);
    expect(running.stderr).to.have.lengthOf(1);
    expect(running.stderr[0]).to.match(/--prot.*see --help$/);
  });

  for (const args of [["--host="], ["--host", ""], ["--port="], ["--models="], ["--model", ""], ["--version="]]) {
    it(`reports an empty option: ${args.join(" ")}`, async () => {
      await publish(registry.root, ["half-plus-two", "1"]);
      const running = serve(...args);
      const outcome = await Promise.race([running.exited, running.line(/^Serving /).catch(() => "ended")]);
      expect(outcome).to.be.oneOf([1, "ended"]);
      const [option] = args[0]?.split("=") ?? [];
      expect(running.stderr).to.deep.equal([`${option} is empty: give it a value or omit it; see --help`]);
    });
  }

  it("prints an IPv6 address as a URL", async () => {
    await publish(registry.root, ["half-plus-two", "1"]);
    const url = /http:\/\/[^ ]+/.exec(await serve("--host", "::1").line(/^Serving /))?.[0];
    expect(url).to.match(/^http:\/\/\[::1\]:\d+$/);
    expect((await send(`${url}/health`, {})).status).to.equal(200);
  });

  describe("with a folder that was written by hand", () => {
    it("serves complete versions, and reports the others with the reason", async () => {
      await layOut(registry.root, "pair");
      const directory = await layOut(registry.root, "image", (written) => ({ ...written, version: "2" }));
      const running = serve();
      const url = /http:\/\/[^ ]+/.exec(await running.line(/^Serving /))?.[0];
      expect((await send(`${url}/v2/models/pair/ready`, {})).status).to.equal(200);
      const { level, model, reason } = JSON.parse(await running.line(/a version cannot be served/));
      expect({ level, model }).to.deep.equal({ level: "warn", model: "image" });
      expect(reason).to.equal(`${directory}/metadata.json describes image version 2, not image version 1`);
    });

    it("says that it waits if no metadata is valid, and serves once it is", async () => {
      const directory = await layOut(registry.root, "pair", ({ version: _, ...rest }) => rest);
      const running = serve();
      await until(() => running.stderr.length > 1);
      expect(running.stderr).to.deep.equal([
        `${directory}/metadata.json: version: is missing (it is of the type string)`,
        "No model can be served yet: correct what is above. Waiting for it; Ctrl-C stops.",
      ]);
      await layOut(registry.root, "pair");
      await running.line(/^Serving pair /);
    });

    it("says where the files belong if nothing can be served", async () => {
      await rename(await layOut(registry.root, "pair"), path.join(registry.root, "pair", "first"));
      await mkdir(path.join(registry.root, "My Model", "1"), { recursive: true });
      const running = serve();
      expect(await running.exited).to.equal(1);
      const [name, version, last, ...more] = running.stderr;
      expect(more).to.deep.equal([]);
      expect(name).to.match(/My Model is not served: the name of a model must be letters, digits/);
      expect(version).to.equal(`${registry.root}/pair has no version: put model.onnx into ${registry.root}/pair/1`);
      expect(last).to.match(
        /has no model: train one with .*, or import one with .*, or put it there as NAME\/1\/model\.onnx/,
      );
    });

    it("reports only the versions that the index omits", async () => {
      const whole = await layOut(registry.root, "pair");
      const bare = await layOut(registry.root, "image");
      await rm(path.join(bare, METADATA_FILE));
      const lines = async () => unserved(registry.root, (await readPublished(registry.root)).models);
      const empty = path.join(path.dirname(bare), "3");
      await mkdir(empty);
      const noModel = `${empty} has neither model.onnx nor metadata.json: put the model there, or remove the folder`;
      expect(await lines()).to.deep.equal([noModel]);
      await writeIndex(registry.root, ["words", "1"]);
      expect(await lines()).to.deep.equal([
        noModel,
        `${whole} is not served: ${indexFile(registry.root)} does not list it; remove that file to serve every version folder ` +
          "(training writes it again)",
      ]);
      await writeIndex(registry.root, ["pair", "1"], ["image", "1"]);
      expect(await lines()).to.deep.equal([noModel]);
      await rename(bare, path.join(path.dirname(whole), "2"));
      const command = `npm run import -- ${path.dirname(whole)}/2/model.onnx --name pair --models ${registry.root}`;
      expect(await lines()).to.deep.include(
        `${path.dirname(whole)}/2 is not served: it has no metadata.json, and another version has one; ${command}`,
      );
    });
  });
});
