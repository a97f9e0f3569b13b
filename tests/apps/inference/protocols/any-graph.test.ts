import { expect } from "chai";
import { saysOf, startEmpty } from "../support/by-hand.ts";
import { layOut } from "../support/registry.ts";
import type { TestServer } from "../support/server.ts";
import { infer } from "../support/tensors.ts";

describe("a graph from another tool", () => {
  let server: TestServer | undefined;
  afterEach(() => server?.stop());

  it("gives the label for the class number that the graph uses", async () => {
    server = await startEmpty();
    await layOut(server.root, "one-or-two");
    await server.running.loaded;
    const { body } = await server.post("/predict", [{ x: -3 }, { x: 3 }]);
    expect(body).to.deep.equal([
      { species_index: 0, species_name: "below" },
      { species_index: 1, species_name: "above" },
    ]);
  });

  it("is served even if its output for zeros is not finite", async () => {
    server = await startEmpty();
    await layOut(server.root, "ratio");
    await server.running.loaded;
    expect((await server.post("/predict", { features: [6, 2] })).body).to.deep.equal({ prediction: 3 });
    const { status, body } = await server.post("/predict", { features: [0, 0] });
    expect([status, body.error.code]).to.deep.equal([422, "not_finite"]);
  });

  it("is served at /predict although it rejects a row of zeros", async () => {
    server = await startEmpty();
    await layOut(server.root, "lookup", (written) => ({
      ...written,
      signature: { kind: "instances", inputs: [{ name: "ids", datatype: "INT64", shape: [-1, 2] }] },
    }));
    await server.running.loaded;
    expect((await server.post("/predict", { instances: [[1, 2]] })).status).to.equal(200);
  });

  it("asks for inputs in the signature if the graph does not declare their dimensions", async () => {
    server = await startEmpty();
    const directory = await layOut(server.root, "shapeless", ({ signature: _, ...rest }) => rest);
    await saysOf(
      server,
      directory,
      /the graph does not say how many dimensions input "x" has: list the inputs in the signature/,
    );
    await layOut(server.root, "shapeless", (written) => ({
      ...written,
      signature: { kind: "tensors", inputs: [{ name: "x", datatype: "FP32", shape: [-1, 3] }] },
    }));
    await server.running.loaded;
    const request = { inputs: [{ name: "x", datatype: "FP32", shape: [2, 3], data: [1, 2, 3, 4, 5, 6] }] };
    expect((await infer(server.url, "shapeless", request)).body.outputs[0]).to.deep.include({ shape: [2, 3] });
  });

  it("is reported if none of its outputs can be served", async () => {
    server = await startEmpty();
    const directory = await layOut(server.root, "only-maps", ({ signature: _, ...rest }) => rest);
    await saysOf(
      server,
      directory,
      /none of the outputs \("maps"\) is a tensor of a type that can be served: export .*zipmap=False/,
    );
  });

  it("is reported if its weights are in a separate file, with the remedy", async () => {
    server = await startEmpty();
    const directory = await layOut(server.root, "external");
    await saysOf(server, directory, /external\/1: the graph's weights are in separate files .*: save it as one file/);
  });

  it("is served without outputs that are not tensors, which must not be in its signature", async () => {
    server = await startEmpty();
    const directory = await layOut(server.root, "maps", (written) => ({
      ...written,
      signature: { ...written.signature, outputs: [{ name: "maps", datatype: "FP32", shape: [-1, 2] }] },
    }));
    await saysOf(
      server,
      directory,
      /maps\/1: output "maps" is not a tensor but a sequence or map, .*remove it from the signature/,
    );
    await layOut(server.root, "maps");
    await server.running.loaded;
    const { body } = await infer(server.url, "maps", {
      inputs: [{ name: "x", datatype: "FP32", shape: [1, 2], data: [0.25, 0.75] }],
    });
    expect(body.outputs).to.deep.equal([{ name: "y", datatype: "FP32", shape: [1, 2], data: [0.25, 0.75] }]);
  });

  it("is reported if its first dimension is not the batch, and served once its signature says so", async () => {
    server = await startEmpty();
    const directory = await layOut(server.root, "twice");
    await saysOf(
      server,
      directory,
      /twice\/1: output "y" has the shape \[2,2\] for one row: .*set maxBatchSize to 0 in the signature$/,
    );
    await layOut(server.root, "twice", (written) => ({
      ...written,
      signature: { ...written.signature, maxBatchSize: 0 },
    }));
    await server.running.loaded;
    const { body } = await infer(server.url, "twice", {
      inputs: [{ name: "x", datatype: "FP32", shape: [1, 2], data: [1, 2] }],
    });
    expect(body.outputs[0]).to.include({ name: "y" }).and.to.have.deep.property("data", [1, 2, 1, 2]);
  });
});
