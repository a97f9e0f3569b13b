import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "chai";
import { valueAt } from "../../../engine/status/fields.ts";
import { startLoad } from "../support/load.ts";
import { eventually, gone } from "../support/wait.ts";
import { type EngineStack, engineStack } from "./stack.ts";

describe("a stack under the Pulumi engine", function () {
  this.timeout(400_000);
  let stack: EngineStack;
  /** All output of the engine and of `up`. */
  const said: string[] = [];

  before(async function () {
    this.timeout(60 * 60_000);
    stack = await engineStack("engine", { configMaps: { "iris-settings": { data: { LOG_LEVEL: "info" } } } });
    await stack.set(["models", 1, "versions", 0, "configMaps"], ["iris-settings"]);
    await stack.set(["storage", "protect"], true);
  });
  after(() => stack?.remove());

  const get = (...args: readonly string[]) => stack.cluster.kubectl.get([...args, `--namespace=${stack.namespace}`]);
  const run = (...args: readonly string[]) => stack.cluster.kubectl.run([...args, `--namespace=${stack.namespace}`]);
  const weights = async () => {
    const [route] = await get("httproute", "sentiment-classifier");
    const rules = (route && valueAt(route, "spec.rules")) as { backendRefs: { weight: number }[] }[] | undefined;
    return rules?.[1]?.backendRefs.map(({ weight }) => weight);
  };
  const podsOf = async (app: string) =>
    (await get("pods", `--selector=app=${app}`)).map(({ metadata }) => metadata.name).toSorted();

  it("is deployed, and then has no changes in a preview, after a refresh or in a second up", async () => {
    const all = await stack.up();
    said.push(all);
    expect(all).to.match(/^ {4}created Deployment model-v1 \(\d+\.\d s\)$/m);
    expect(all).to.match(/^ {2}\+ HTTPRoute sentiment-classifier$/m);
    said.push(await stack.cli("preview", "--expect-no-changes"));
    said.push(await stack.cli("preview", "--refresh", "--expect-no-changes"));
    const again = await stack.up();
    expect(again).to.match(/^Stack engine: no change/m);
    expect(again, "predictions").to.match(/"species_name":"setosa"/);
  });

  it("has the cost among its outputs", async () => {
    const { perMonth } = JSON.parse(await stack.cli("stack", "output", "cost", "--json"));
    expect(perMonth.maximum).to.be.above(perMonth.minimum);
  });

  it("previews a weight changed by config set as one update of one route, and applies it without failed requests", async () => {
    const before = await podsOf("ml-model");
    const [secret] = await get("secrets", "--selector=app.kubernetes.io/part-of=ml-platform");
    const apiKey = Buffer.from(String(valueAt(secret, "data.API_KEY")), "base64").toString("utf8");
    const load = startLoad({ ...stack.cluster, apiKey }, 8, "engine.example.com");
    await load.more(200);
    await stack.cli("config", "set", "canaryWeight", "50");
    expect(await stack.setting("canaryWeight")).to.equal(50);
    const [line, ...others] = await stack.preview();
    expect(others).to.deep.equal([]);
    expect(line).to.match(/^~ HTTPRoute sentiment-classifier \(.*weight.*weight/);
    const diff = await stack.cli("preview", "--diff", "--color=never");
    expect(diff.match(/weight: \d+ => \d+/g)).to.deep.equal(["weight: 75 => 50", "weight: 25 => 50"]);
    said.push(diff, await stack.cli("up", "--yes", "--skip-preview"));
    await load.more(300);
    const { failures, sent } = await load.stop();
    expect(failures, `of ${sent}`).to.deep.equal([]);
    expect(await weights()).to.deep.equal([50, 50]);
    expect(await podsOf("ml-model")).to.deep.equal(before);
    await stack.cli("preview", "--expect-no-changes");
  });

  it("leaves the replicas to the autoscaler", async () => {
    await run("scale", "deployment/model-v1", "--replicas=3");
    await run("rollout", "status", "deployment/model-v1", "--timeout=120s");
    await stack.cli("refresh", "--yes", "--skip-preview");
    await stack.cli("preview", "--expect-no-changes");
    expect(await stack.up()).to.match(/^Stack engine: no change/m);
  });

  it("does not train again after a change of image, a refresh or an unrelated change", async () => {
    const [before] = await get("job", "train-sentiment");
    await stack.set(["modelDefaults", "environment"], { EXTRA: "1" });
    await stack.cli("refresh", "--yes", "--skip-preview");
    const changes = await stack.preview();
    expect(changes.filter((line) => line.includes("Deployment"))).to.have.length.at.least(3);
    expect(changes.filter((line) => line.includes("train-sentiment"))).to.deep.equal([]);
    await stack.set(["modelDefaults", "environment"], undefined);
    await stack.cli("preview", "--expect-no-changes");
    const [after] = await get("job", "train-sentiment");
    expect(after?.metadata.uid).to.equal(before?.metadata.uid);
  });

  it("rolls only the pods that read a ConfigMap when it changes", async () => {
    const [iris, others] = [await podsOf("iris"), await podsOf("ml-model")];
    await stack.set(["configMaps", "iris-settings", "data", "LOG_LEVEL"], "warn");
    const changes = await stack.preview();
    expect(changes.filter((line) => /Deployment/.test(line))).to.have.length(1);
    said.push(await stack.cli("up", "--yes", "--skip-preview"));
    await eventually("new pods of iris", async () => {
      const now = await podsOf("iris");
      return now.length > 0 && now.every((name) => !iris.includes(name)) ? true : undefined;
    });
    expect(await podsOf("ml-model")).to.deep.equal(others);
  });

  it("starts a renamed model before it removes the old one, and removes a model that left the stack", async () => {
    await stack.set(["models", 2, "name"], "halves");
    await stack.set(["models", 2, "versions", 0, "name"], "halves");
    await stack.set(["models", 2, "versions", 0, "service", "name"], "halves");
    await stack.set(["models", 2, "traffic", "name"], "halves");
    const changes = await stack.up();
    expect(changes).to.match(/^ {2}\+ Deployment halves$/m);
    expect(changes).to.match(/^ {2}- Deployment half-plus-two$/m);
    expect(changes.indexOf("created Deployment halves")).to.be.below(
      changes.indexOf("deleted Deployment half-plus-two"),
    );
    expect(await get("deployment", "halves")).to.have.length(1);
    const models = (await stack.setting("models")) as unknown[];
    await stack.set(["models"], models.slice(0, 2));
    expect(await stack.up()).to.match(/^ {2}- Deployment halves$/m);
    await gone(stack.cluster, "deployments", "halves", `--namespace=${stack.namespace}`);
    await stack.cli("preview", "--expect-no-changes");
  });

  it("encrypts secrets in the state, and shows them nowhere", async () => {
    const [secret] = await get("secrets", "--selector=app.kubernetes.io/part-of=ml-platform");
    const encoded = String(valueAt(secret, "data.API_KEY"));
    const value = Buffer.from(encoded, "base64").toString("utf8");
    expect(value).to.have.length(32);
    said.push(await stack.cli("stack", "export"), await stack.cli("stack", "output", "--json"));
    for (const secretText of [value, encoded]) {
      expect(said.filter((text) => text.includes(secretText))).to.deep.equal([]);
      expect(await filesWith(path.join(stack.cluster.folder, "state", "deploy"), secretText)).to.deep.equal([]);
    }
    const exported = await stack.cli("stack", "export", "--show-secrets");
    expect(exported, "the passphrase opens them").to.include(value);
  });

  it("never deletes protected volumes, or any volume during up", async () => {
    const claims = async () => (await get("persistentvolumeclaims")).map(({ metadata }) => metadata.uid).toSorted();
    const before = await claims();
    expect(before).to.have.length(2);
    expect(await stack.refused("destroy", "--yes", "--skip-preview")).to.match(
      /storage-models.*protected|protected.*storage-models/s,
    );
    expect(await claims()).to.deep.equal(before);
    await stack.up();
  });

  it("is destroyed completely after the protection is removed", async () => {
    await stack.remove();
    expect(await stack.cluster.kubectl.get(["namespace", stack.namespace])).to.deep.equal([]);
    expect(await readFile(stack.file, "utf8"), "the stack file stays").to.include("canaryWeight: 50");
  });
});

/** Files below a folder that contain a text. */
async function filesWith(folder: string, text: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => path.join(parentPath, name));
  const contents = await Promise.all(files.map((file) => readFile(file, "utf8")));
  return files.filter((_file, index) => contents[index]?.includes(text));
}
