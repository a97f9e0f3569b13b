import { expect } from "chai";
import { startRepository, type TestServer } from "../support/server.ts";

describe("an inference request", () => {
  let server: TestServer;
  before(async () => {
    server = await startRepository(["pair", "image", "lengths", "words", "half-plus-two"]);
  });
  after(() => server.stop());

  it("without JSON is read as the data of the only input, and gets a binary response", async () => {
    const raw = (model: string, bytes: Uint8Array) =>
      fetch(`${server.url}/v2/models/${model}/infer`, {
        method: "POST",
        headers: { "Content-Type": "application/octet-stream", "Inference-Header-Content-Length": "0" },
        body: new Uint8Array(bytes),
      });
    const floats = (...numbers: number[]) => new Uint8Array(Float32Array.from(numbers).buffer);
    const answered = async (response: Response, name: string) => {
      expect(response.status).to.equal(200);
      const bytes = Buffer.from(await response.arrayBuffer());
      const length = Number(response.headers.get("inference-header-content-length"));
      const { outputs } = JSON.parse(bytes.subarray(0, length).toString());
      const at = outputs.findIndex((output: { name: string }) => output.name === name);
      expect(outputs[at].parameters.binary_data_size).to.be.greaterThan(0);
      return [outputs[at].shape, [...new Float32Array(new Uint8Array(bytes.subarray(length)).buffer)]];
    };
    expect(await answered(await raw("lengths", floats(1, 2, 4)), "sum")).to.deep.equal([[1], [7]]);
    expect(await answered(await raw("half-plus-two", floats(4)), "y")).to.deep.equal([[1], [4]]);
    const image = [4, 4, 4, 4, 0, 0, 0, 0, 1, 1, 1, 1];
    expect(await answered(await raw("image", floats(...image)), "means")).to.deep.equal([[3], [4, 0, 1]]);
    const [shape, [negative = 0, positive = 0]] = await answered(
      await raw("words", Buffer.from("good")),
      "probabilities",
    );
    expect(shape).to.deep.equal([1, 2]);
    expect(positive).to.be.greaterThan(negative);
    for (const [model, bytes, message] of [
      ["pair", floats(1, 2), /must have one input; it has 2$/],
      ["image", floats(1, 2), /^must have 48 bytes of FP32 for its shape; it has 8$/],
      ["half-plus-two", floats(1, 2), /^must have 4 bytes/],
      ["lengths", Buffer.alloc(5), /^must have 4 bytes/],
      ["words", Buffer.from([0xc3, 0x28]), /^must be UTF-8/],
      ["words", Buffer.from("a".repeat(100_001)), /^must not be longer than 100000/],
    ] as const) {
      const response = await raw(model, bytes);
      expect(response.status, model).to.equal(422);
      expect(((await response.json()) as { error: string }).error).to.match(message);
    }
  });
});
