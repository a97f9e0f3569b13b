import { expect } from "chai";
import { startRepository, type TestServer } from "../support/server.ts";

const TENSOR = { name: "a", datatype: "FP32", shape: [1, 2], data: [1, 2] };
const INPUTS = [TENSOR, { ...TENSOR, name: "b" }];
const INFER = "/v2/models/pair/infer";
const INDEX = "/v2/repository/index";
const LOAD = "/v2/repository/models/pair/load";
const UNLOAD = "/v2/repository/models/absent/unload";

/** Values of every JSON type except the given ones, and except null, which counts as a missing field. */
function valuesBut(...types: readonly string[]): unknown[] {
  const values = { boolean: true, number: 1, string: "true", list: [], object: {} };
  return Object.entries(values).flatMap(([type, value]) => (types.includes(type) ? [] : [value]));
}

describe("a field of the wrong type", () => {
  let server: TestServer;
  before(async () => {
    server = await startRepository(["pair", "half-plus-two"], { MODEL_CONTROL: "explicit" });
  });
  after(() => server.stop());

  const fields: readonly (readonly [string, string, readonly unknown[], (value: unknown) => unknown])[] = [
    [INDEX, "", valuesBut("object"), (value) => value],
    [INDEX, "ready", valuesBut("boolean"), (ready) => ({ ready })],
    [LOAD, "", valuesBut("object"), (value) => value],
    [LOAD, "parameters", valuesBut("object"), (parameters) => ({ parameters })],
    [UNLOAD, "", valuesBut("object"), (value) => value],
    [UNLOAD, "parameters", valuesBut("object"), (parameters) => ({ parameters })],
    [
      UNLOAD,
      "parameters.unload_dependents",
      valuesBut("boolean"),
      (value) => ({ parameters: { unload_dependents: value } }),
    ],
    [INFER, "", valuesBut("object"), (value) => value],
    [INFER, "id", valuesBut("string"), (id) => ({ inputs: INPUTS, id })],
    [INFER, "parameters", valuesBut("object"), (parameters) => ({ inputs: INPUTS, parameters })],
    [
      INFER,
      "parameters.binary_data_output",
      valuesBut("boolean"),
      (value) => ({ inputs: INPUTS, parameters: { binary_data_output: value } }),
    ],
    [INFER, "inputs", valuesBut("list"), (inputs) => ({ inputs })],
    [INFER, "inputs[0]", valuesBut("object"), (input) => ({ inputs: [input] })],
    [INFER, "inputs[0].name", valuesBut(), (name) => ({ inputs: [{ ...TENSOR, name }] })],
    [INFER, "inputs[0].datatype", valuesBut(), (datatype) => ({ inputs: [{ ...TENSOR, datatype }] })],
    [INFER, "inputs[0].shape", valuesBut(), (shape) => ({ inputs: [{ ...TENSOR, shape }] })],
    [INFER, "inputs[0].data", valuesBut(), (data) => ({ inputs: [{ ...TENSOR, data }] })],
    [INFER, "inputs[0].parameters", valuesBut("object"), (parameters) => ({ inputs: [{ ...TENSOR, parameters }] })],
    [
      INFER,
      "inputs[0].parameters.binary_data_size",
      [-1, 0.5, ...valuesBut("number")],
      (value) => ({ inputs: [{ ...TENSOR, data: undefined, parameters: { binary_data_size: value } }] }),
    ],
    [
      INFER,
      "inputs[0].parameters.shared_memory_region",
      valuesBut(),
      (value) => ({ inputs: [{ ...TENSOR, parameters: { shared_memory_region: value } }] }),
    ],
    [INFER, "outputs", valuesBut("list"), (outputs) => ({ inputs: INPUTS, outputs })],
    [INFER, "outputs[0]", valuesBut("object"), (output) => ({ inputs: INPUTS, outputs: [output] })],
    [INFER, "outputs[0].name", valuesBut(), (name) => ({ inputs: INPUTS, outputs: [{ name }] })],
    [
      INFER,
      "outputs[0].parameters",
      valuesBut("object"),
      (parameters) => ({ inputs: INPUTS, outputs: [{ name: "sum", parameters }] }),
    ],
    [
      INFER,
      "outputs[0].parameters.binary_data",
      valuesBut("boolean"),
      (value) => ({ inputs: INPUTS, outputs: [{ name: "sum", parameters: { binary_data: value } }] }),
    ],
    ["/v1/models/half-plus-two:predict", "", valuesBut("object"), (value) => value],
    ["/v1/models/half-plus-two:predict", "instances", valuesBut("list"), (instances) => ({ instances })],
    [
      "/v1/models/half-plus-two:predict",
      "instances[0]",
      valuesBut("number", "list", "object"),
      (one) => ({ instances: [one] }),
    ],
    ["/models/half-plus-two/predict", "", valuesBut("object", "list"), (value) => value],
    ["/models/half-plus-two/predict", "instances", valuesBut("list"), (instances) => ({ instances })],
    ["/models/half-plus-two/predict", "[0]", valuesBut("object"), (one) => [one]],
  ];
  for (const [path, place, values, request] of fields) {
    it(`${place || "the body"} at ${path} → 422 with its path`, async () => {
      for (const value of values) {
        const { status, body } = await server.post(path, request(value));
        expect(status, JSON.stringify(value)).to.equal(422);
        const named: string = typeof body.error === "string" ? body.error : `${body.error.path} ${body.error.message}`;
        expect(named.trimStart(), JSON.stringify(value)).to.satisfy((text: string) =>
          text.startsWith(place === "" ? "must be a JSON object" : `${place} `),
        );
      }
    });
  }

  it("is accepted if it is optional and null", async () => {
    const inputs = INPUTS.map((input) => ({ ...input, parameters: null }));
    const infer = await server.post(INFER, { id: null, parameters: null, inputs, outputs: null });
    expect(infer.status).to.equal(200);
    expect(infer.body).not.to.have.property("id");
    const outputs = [{ name: "sum", parameters: null }];
    expect((await server.post(INFER, { inputs, outputs })).status).to.equal(200);
    expect((await server.post(INDEX, { ready: null })).body).to.have.lengthOf(2);
    expect((await server.post(LOAD, { parameters: null })).status).to.equal(200);
  });

  it("is accepted in a body with curl's default content type", async () => {
    const curl = { "Content-Type": "application/x-www-form-urlencoded" };
    for (const [path, status] of [
      [INDEX, 200],
      [LOAD, 200],
      [UNLOAD, 400],
    ] as const) {
      const answer = await server.post(path, "{}", curl);
      expect(answer.status, path).to.equal(status);
    }
  });

  it("for the body itself → 415, for the repository API as for predictions", async () => {
    for (const path of [INDEX, LOAD, UNLOAD, INFER]) {
      expect((await server.post(path, "{}", { "Content-Type": "text/plain" })).status, path).to.equal(415);
    }
  });
});
