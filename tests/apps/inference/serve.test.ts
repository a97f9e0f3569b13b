import { expect } from "chai";
import { type Child, endChild, startChild } from "./support/child.ts";
import { emptyRegistry, publish } from "./support/registry.ts";
import { send, until } from "./support/server.ts";

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

  it("serves the model and version it is told", async () => {
    await publish(registry.root, ["iris", "1"], ["words", "1"], ["words", "2"]);
    const line = await serve("--model", "words", "--version", "1").line(/^Serving words /);
    const { body } = await send(`${/http:\/\/[^ ]+/.exec(line)?.[0]}/health`, {});
    expect(body).to.deep.equal({ status: "healthy", model: "words", version: "1" });
  });

  it("serves the whole folder where it has several models and none is named", async () => {
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

  it("serves what is published later", async () => {
    await publish(registry.root, ["half-plus-two", "1"]);
    child = startChild("serve.ts", { MODEL_POLL_SECONDS: "0.02" }, ["--models", registry.root, "--port", "0"]);
    const url = /http:\/\/[^ ]+/.exec(await child.line(/^Serving /))?.[0];
    await publish(registry.root, ["half-plus-two", "1"], ["half-plus-two", "2"]);
    await until(async () => (await send(`${url}/health`, {})).body.version === "2");
  });

  it("says so where the folder has no model", async () => {
    const running = serve();
    expect(await running.exited).to.equal(1);
    expect(running.stderr).to.have.lengthOf(1);
    expect(running.stderr[0]).to.match(/has no model: train one with/);
  });

  it("says so where there is no such folder", async () => {
    child = startChild("serve.ts", {}, ["--models", `${registry.root}/nowhere`]);
    expect(await child.exited).to.equal(1);
    expect(child.stderr).to.deep.equal([
      `--models ${registry.root}/nowhere cannot be read (ENOENT): name a registry folder`,
    ]);
  });

  it("names the option that it does not know", async () => {
    const running = serve("--prot", "1");
    expect(await running.exited).to.equal(1);
    expect(running.stderr).to.have.lengthOf(1);
    expect(running.stderr[0]).to.match(/--prot.*see --help$/);
  });
});
