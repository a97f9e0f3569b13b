import { link, mkdir, readFile, rename, truncate, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "chai";
import { METADATA_FILE, MODEL_FILE, modelDirectory, versionDirectory } from "../../../../apps/registry/layout.ts";
import type { ModelMetadata } from "../../../../apps/registry/metadata.ts";
import { emptyRegistry, metadataOf, publish, writeMetadata } from "../support/registry.ts";
import { startTestServer, type TestServer, until } from "../support/server.ts";

describe("a model that does not match its metadata", () => {
  let server: TestServer;
  afterEach(() => server.stop());

  /** Starts without a model, publishes one that `spoil` has changed, and returns the logged reason. */
  async function reasonAfter(spoil: (directory: string) => Promise<void>): Promise<string> {
    server = await startTestServer({ model: "linear", published: [], wait: false });
    const whole = await emptyRegistry();
    await publish(whole.root, ["linear", "1"]);
    const from = versionDirectory(whole.root, "linear", "1");
    // Published in one step: a graph whose metadata is not there yet would be opened without it.
    const aside = path.join(server.root, ".written");
    await mkdir(aside);
    await writeFile(path.join(aside, MODEL_FILE), await readFile(path.join(from, MODEL_FILE)));
    await spoil(aside);
    // Unless the test has changed the metadata itself.
    await link(path.join(from, METADATA_FILE), path.join(aside, METADATA_FILE)).catch(() => undefined);
    await mkdir(modelDirectory(server.root, "linear"));
    await rename(aside, versionDirectory(server.root, "linear", "1"));
    await whole.remove();
    const reasons = () => server.log.map((line) => JSON.parse(line).reason as string | undefined);
    const reason = await until(() => reasons().find((text) => text !== undefined && !text.includes("is missing")));
    expect((await server.get("/ready")).status).to.equal(503);
    return reason;
  }

  async function describeAs(directory: string, change: Partial<ModelMetadata>): Promise<void> {
    await writeMetadata(directory, { ...(await metadataOf("linear", "1")), ...change });
  }

  it("is not served if one byte differs, but is served once that is fixed", async () => {
    let good = Buffer.alloc(0);
    const reason = await reasonAfter(async (directory) => {
      const file = path.join(directory, MODEL_FILE);
      good = await readFile(file);
      const bad = Buffer.from(good);
      bad.writeUInt8(bad.readUInt8(100) ^ 1, 100);
      await writeFile(file, bad);
    });
    expect(reason).to.match(/model\.onnx.*corrupt.*SHA-256/);
    await writeFile(path.join(versionDirectory(server.root, "linear", "1"), MODEL_FILE), good);
    await until(async () => (await server.get("/ready")).status === 200);
  });

  it("is not served if it is incomplete", async () => {
    const reason = await reasonAfter((directory) => truncate(path.join(directory, MODEL_FILE), 50));
    expect(reason).to.match(/model\.onnx/);
  });

  it("is not served if the metadata belongs to another version", async () => {
    const reason = await reasonAfter((directory) => describeAs(directory, { version: "2" }));
    expect(reason).to.match(/describes linear version 2/);
  });

  it("is not served if the graph lacks an output of the signature", async () => {
    const { signature } = await metadataOf("linear", "1");
    const outputs = [{ name: "z", datatype: "FP32" as const, shape: [-1, 1] }];
    const reason = await reasonAfter((directory) => describeAs(directory, { signature: { ...signature, outputs } }));
    expect(reason).to.match(/linear\/1: the graph has no output "z"; it has y$/);
  });

  it("is not served if the signature has a wrong width, so that the warm-up fails", async () => {
    const { signature } = await metadataOf("linear", "1");
    const inputs = [{ name: "x", datatype: "FP32" as const, shape: [-1, 5] }];
    const reason = await reasonAfter((directory) => describeAs(directory, { signature: { ...signature, inputs } }));
    expect(reason).to.match(/dimension/i);
  });
});
