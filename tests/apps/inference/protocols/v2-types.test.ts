import { expect } from "chai";
import type { Datatype } from "../../../../apps/registry/metadata.ts";
import { DATATYPES } from "../support/models.ts";
import { startTestServer, type TestServer } from "../support/server.ts";
import { infer, postBinary } from "../support/tensors.ts";

/** Two rows of two for each type, as JSON and as bytes. */
const VALUES: Readonly<Record<Datatype, readonly [unknown[], Uint8Array]>> = {
  BOOL: [[true, false, false, true], Uint8Array.of(1, 0, 0, 1)],
  UINT8: [[0, 1, 254, 255], Uint8Array.of(0, 1, 254, 255)],
  UINT16: [[0, 1, 65_534, 65_535], bytesOf(Uint16Array.of(0, 1, 65_534, 65_535))],
  UINT32: [[0, 1, 2, 4_294_967_295], bytesOf(Uint32Array.of(0, 1, 2, 4_294_967_295))],
  UINT64: [[0, 1, 2, 9_007_199_254_740_991], bytesOf(BigUint64Array.of(0n, 1n, 2n, 9_007_199_254_740_991n))],
  INT8: [[-128, -1, 0, 127], bytesOf(Int8Array.of(-128, -1, 0, 127))],
  INT16: [[-32_768, -1, 0, 32_767], bytesOf(Int16Array.of(-32_768, -1, 0, 32_767))],
  INT32: [[-2_147_483_648, -1, 0, 2_147_483_647], bytesOf(Int32Array.of(-2_147_483_648, -1, 0, 2_147_483_647))],
  INT64: [[-9_007_199_254_740_991, -1, 0, 7], bytesOf(BigInt64Array.of(-9_007_199_254_740_991n, -1n, 0n, 7n))],
  FP16: [[-65_504, 0, 0.5, 1], bytesOf(Float16Array.of(-65_504, 0, 0.5, 1))],
  FP32: [[-1.5, 0, 0.25, 16_777_216], bytesOf(Float32Array.of(-1.5, 0, 0.25, 16_777_216))],
  FP64: [[-0.1, 0, 1e300, 0.3], bytesOf(Float64Array.of(-0.1, 0, 1e300, 0.3))],
  BYTES: [["", "a", "ä€😀", "two words"], lengthPrefixed("", "a", "ä€😀", "two words")],
};

function bytesOf(array: ArrayBufferView): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

function lengthPrefixed(...texts: string[]): Uint8Array {
  const parts = texts.map((text) => Buffer.from(text));
  return Buffer.concat(parts.flatMap((part) => [bytesOf(Uint32Array.of(part.length)), part]));
}

const nameOf = (datatype: Datatype) => datatype.toLowerCase();

describe("tensors of every type in the Open Inference Protocol", () => {
  let server: TestServer;
  before(async () => {
    server = await startTestServer({ model: "types" });
  });
  after(() => server.stop());

  const url = () => `${server.url}/v2/models/types/infer`;
  const rest = (without: Datatype) =>
    DATATYPES.filter((datatype) => datatype !== without).map((datatype) => ({
      name: nameOf(datatype),
      datatype,
      shape: [2, 2],
      data: VALUES[datatype][0],
    }));

  for (const datatype of DATATYPES) {
    it(`${datatype}: JSON in, JSON out`, async () => {
      const input = { name: nameOf(datatype), datatype, shape: [2, 2], data: VALUES[datatype][0] };
      const { status, body } = await infer(server.url, "types", {
        id: "one",
        inputs: [...rest(datatype), input],
        outputs: [{ name: `${nameOf(datatype)}_out` }],
      });
      expect(status).to.equal(200);
      expect(body).to.deep.equal({
        model_name: "types",
        model_version: "1",
        id: "one",
        outputs: [{ name: `${nameOf(datatype)}_out`, datatype, shape: [2, 2], data: VALUES[datatype][0] }],
      });
    });

    it(`${datatype}: binary in, binary out`, async () => {
      const raw = VALUES[datatype][1];
      const parameters = { binary_data_size: raw.length };
      const answer = await postBinary(
        url(),
        {
          inputs: [{ name: nameOf(datatype), datatype, shape: [2, 2], parameters }, ...rest(datatype)],
          outputs: [{ name: `${nameOf(datatype)}_out`, parameters: { binary_data: true } }],
        },
        raw,
      );
      expect(answer.status).to.equal(200);
      expect(answer.headers.get("content-type")).to.equal("application/octet-stream");
      expect(answer.body.outputs).to.deep.equal([
        { name: `${nameOf(datatype)}_out`, datatype, shape: [2, 2], parameters },
      ]);
      expect([...answer.raw]).to.deep.equal([...raw]);
    });
  }

  it("all types binary in one request, with binary outputs by default", async () => {
    const inputs = DATATYPES.map((datatype) => ({
      name: nameOf(datatype),
      datatype,
      shape: [2, 2],
      parameters: { binary_data_size: VALUES[datatype][1].length },
    }));
    const raw = Buffer.concat(DATATYPES.map((datatype) => VALUES[datatype][1]));
    const answer = await postBinary(url(), { inputs, parameters: { binary_data_output: true } }, raw);
    expect(answer.status).to.equal(200);
    expect(answer.body.outputs.map(({ name }: { name: string }) => name)).to.deep.equal(
      DATATYPES.map((datatype) => `${nameOf(datatype)}_out`),
    );
    expect([...answer.raw]).to.deep.equal([...raw]);
  });

  it("64-bit integers keep all digits", async () => {
    const raw = bytesOf(BigInt64Array.of(-9_223_372_036_854_775_808n, -1n, 0n, 9_223_372_036_854_775_807n));
    const json = Buffer.from(
      JSON.stringify({
        inputs: [
          { name: "int64", datatype: "INT64", shape: [2, 2], parameters: { binary_data_size: raw.length } },
          ...rest("INT64"),
        ],
        outputs: [{ name: "int64_out" }],
      }),
    );
    const response = await fetch(url(), {
      method: "POST",
      headers: { "Inference-Header-Content-Length": String(json.length) },
      body: Buffer.concat([json, raw]),
    });
    expect(await response.text()).to.include("[-9223372036854775808,-1,0,9223372036854775807]");
  });

  it("numbers that JSON cannot represent are rejected in JSON responses and returned in binary ones", async () => {
    const raw = bytesOf(Float32Array.of(Number.NaN, Number.POSITIVE_INFINITY, 0, 1));
    const request = (binary_data: boolean) => ({
      inputs: [
        { name: "fp32", datatype: "FP32", shape: [2, 2], parameters: { binary_data_size: raw.length } },
        ...rest("FP32"),
      ],
      outputs: [{ name: "fp32_out", parameters: { binary_data } }],
    });
    const asJson = await postBinary(url(), request(false), raw);
    expect(asJson.status).to.equal(422);
    expect(asJson.body.error).to.match(/NaN in "fp32_out".*ask for binary_data/);
    const asBytes = await postBinary(url(), request(true), raw);
    expect([...asBytes.raw]).to.deep.equal([...raw]);
  });

  const texts = (raw: Uint8Array, count: number) =>
    postBinary(
      url(),
      {
        inputs: [
          { name: "bytes", datatype: "BYTES", shape: [count, 2], parameters: { binary_data_size: raw.length } },
          ...rest("BYTES"),
        ],
      },
      raw,
    );

  for (const [what, raw] of [
    ["a NUL", lengthPrefixed("a\0b", "", "", "")],
    ["bytes that are not UTF-8", Buffer.from([2, 0, 0, 0, 0xc3, 0x28, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])],
    ["a length beyond the tensor", Buffer.from([255, 255, 255, 255, 65])],
    ["a cut-off length", Buffer.from([1, 0, 0])],
    ["fewer strings than the shape has", lengthPrefixed("a")],
  ] as const) {
    it(`rejects binary strings with ${what}`, async () => {
      const { status, body } = await texts(raw, 2);
      expect(status).to.equal(422);
      expect(body.error).to.match(/^inputs\[0\]/);
    });
  }

  it("rejects a NUL in JSON", async () => {
    const input = { name: "bytes", datatype: "BYTES", shape: [2, 2], data: ["a", "b", "c\0d", "e"] };
    const { status, body } = await infer(server.url, "types", { inputs: [...rest("BYTES"), input] });
    expect(status).to.equal(422);
    expect(body.error).to.equal("inputs[12].data[2] must not contain the character NUL");
  });

  it("rejects a BOOL byte other than 0 and 1", async () => {
    const input = { name: "bool", datatype: "BOOL", shape: [2, 2], parameters: { binary_data_size: 4 } };
    const { status } = await postBinary(url(), { inputs: [input, ...rest("BOOL")] }, Uint8Array.of(0, 1, 2, 3));
    expect(status).to.equal(422);
  });
});
