import { expect } from "chai";
import { parseJson } from "../../../../apps/inference/payload/json.ts";
import { keptNonFinite } from "../../../../apps/inference/payload/kept-numbers.ts";
import { startRepository, type TestServer } from "../support/server.ts";

describe("missing values", () => {
  let server: TestServer;
  before(async () => {
    server = await startRepository(["pair", "same", "half-plus-two", "linear"]);
  });
  after(() => server.stop());

  /** The sum with zeros; binary output, because JSON cannot represent NaN. */
  async function sum(data: string): Promise<number[]> {
    const outputs = '"outputs":[{"name":"sum","parameters":{"binary_data":true}}]';
    const input = (name: string, data: string) => `{"name":"${name}","datatype":"FP32","shape":[1,2],"data":${data}}`;
    const body = `{"inputs":[${input("a", data)},${input("b", "[0,0]")}],${outputs}}`;
    const response = await fetch(`${server.url}/v2/models/pair/infer`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body,
    });
    const bytes = Buffer.from(await response.arrayBuffer());
    expect(response.status, String(bytes)).to.equal(200);
    const start = Number(response.headers.get("inference-header-content-length"));
    return [bytes.readFloatLE(start), bytes.readFloatLE(start + 4)];
  }

  it("are null in JSON, or NaN as Python's json writes it; infinities are themselves", async () => {
    expect(await sum("[null,1]")).to.deep.equal([Number.NaN, 1]);
    expect(await sum("[[null,1]]")).to.deep.equal([Number.NaN, 1]);
    expect(await sum("[NaN, 1.0]")).to.deep.equal([Number.NaN, 1]);
    expect(await sum("[-Infinity,Infinity]")).to.deep.equal([Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]);
  });

  it("are accepted in rows and columns of /v1, where an output of NaN is reported", async () => {
    for (const body of ['{"instances":[null,1]}', '{"instances":[{"x":NaN}]}', '{"inputs":[NaN]}']) {
      const { status, body: answer } = await server.post("/v1/models/half-plus-two:predict", body);
      expect(status).to.equal(422);
      expect(answer.error).to.match(/^the model outputs NaN in "y"/);
    }
    const { body } = await server.post("/models/half-plus-two/predict", '{"instances":[1,null]}');
    expect(body.error.message).to.match(/^the model outputs NaN in "y"/);
  });

  for (const [what, path, body, message] of [
    ["an integer", "/v1/models/same:predict", '{"instances":[null]}', "instances[0] must be a number, not null"],
    ["an integer", "/v1/models/same:predict", '{"instances":[NaN]}', "the body is not JSON"],
    ["a feature", "/models/linear/predict", '{"features":[1,null,1]}', "must be a number, not null"],
    ["a feature", "/models/linear/predict", '{"features":[1,NaN,1]}', "must be a number, not NaN"],
    [
      "a shape",
      "/v2/models/pair/infer",
      '{"inputs":[{"name":"a","datatype":"FP32","shape":[NaN,2],"data":[1,2]}]}',
      "shape",
    ],
  ] as const) {
    it(`are rejected as ${what}: ${body}`, async () => {
      const { status, body: answer } = await server.post(path, body);
      expect(status).to.be.oneOf([400, 422]);
      expect(answer.error.message ?? answer.error).to.include(message);
    });
  }

  it("do not change texts, and other mistakes keep their positions", () => {
    const parse = (text: string) => parseJson(Buffer.from(text), { nonFinite: true });
    const parsed = parse('{"NaN":["NaN","\\"Infinity",NaN,-Infinity]}') as Record<string, unknown[]>;
    expect(parsed["NaN"]?.slice(0, 2)).to.deep.equal(["NaN", '"Infinity']);
    expect(parsed["NaN"]?.slice(2).map(keptNonFinite)).to.deep.equal([Number.NaN, Number.NEGATIVE_INFINITY]);
    expect(() => parse("[NaN, -Infinity, x]")).to.throw('unexpected "x" at line 1, column 18');
    expect(() => parse("[-NaN]")).to.throw("is not JSON");
    expect(() => parseJson(Buffer.from("[NaN]"))).to.throw('unexpected "N" at line 1, column 2');
  });
});
