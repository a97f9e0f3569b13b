import { expect } from "chai";
import { allocate, sliceRows, type Tensor } from "../../../../apps/inference/model/tensor.ts";
import { TensorMemory, type TypedArray } from "../../../../apps/inference/model/tensor-memory.ts";
import { pack, unpack } from "../../../../apps/inference/model/threads/messages.ts";
import { DATATYPES } from "../support/models.ts";

const MEMORY = new TensorMemory();
const NUMERIC = DATATYPES.filter((datatype) => datatype !== "BYTES");

const fillWith = (data: TypedArray, value: number) =>
  data instanceof BigInt64Array || data instanceof BigUint64Array ? data.fill(BigInt(value)) : data.fill(value);

describe("tensors", () => {
  it("start as zeros and keep the values written to them, also in shared memory", () => {
    const lengths = [1, 3, 16, 17, 33, 128, 255, 600, 5000];
    const tensors = Array.from({ length: 2000 }, (_, index) => {
      const datatype = NUMERIC[index % NUMERIC.length] ?? "FP32";
      const data = allocate(datatype, lengths[index % lengths.length] ?? 1, MEMORY) as TypedArray;
      expect(Number(data.find((value: number | bigint) => Number(value) !== 0) ?? 0)).to.equal(0);
      fillWith(data, index % 100);
      return data;
    });
    for (const [index, data] of tensors.entries()) {
      const kept = data.every((value: number | bigint) => Number(value) === index % 100);
      expect(kept, `tensor ${index}`).to.equal(true);
    }
  });

  it("share memory if they are small", () => {
    const buffers = new Set(Array.from({ length: 320 }, () => (allocate("FP32", 128, MEMORY) as TypedArray).buffer));
    expect(buffers.size).to.be.lessThan(320 / 16);
  });
});

describe("tensors sent to another thread", () => {
  const photo: Tensor = {
    datatype: "FP16",
    shape: [64, 1000],
    data: new Float16Array(64_000).map((_, index) => index % 7),
  };
  const tensors = (data: Tensor) => new Map([["x", data]]);

  /** The data that the other thread receives, and its size in bytes. */
  function send(tensor: Tensor, isUnused?: boolean) {
    const { tensors: sent, memory } = pack(tensors(tensor), isUnused);
    const arrived = unpack(structuredClone(sent, { transfer: memory })).get("x");
    if (arrived === undefined || Array.isArray(arrived.data)) throw new Error("no numbers arrived");
    return { data: arrived.data, bytes: arrived.data.buffer.byteLength };
  }

  it("send only their own part if they are a slice of a larger tensor", () => {
    const piece = sliceRows(photo, 10, 12);
    const sent = send(piece);
    expect([...sent.data]).to.deep.equal([...piece.data]);
    expect(sent.bytes).to.equal(2 * 1000 * 2);
  });

  it("stay readable for the sender, which may have to run the request again", () => {
    for (const tensor of [
      photo,
      sliceRows(photo, 0, 3),
      { ...photo, shape: [1, 33], data: allocate("INT32", 33, MEMORY) },
    ]) {
      const before = [...tensor.data];
      send(tensor);
      expect([...tensor.data]).to.deep.equal(before);
    }
  });

  it("are transferred instead of copied if they are unused afterwards", () => {
    const answer: Tensor = { datatype: "FP32", shape: [1, 1000], data: new Float32Array(1000).fill(3) };
    expect([...send(answer, true).data]).to.deep.equal(new Array(1000).fill(3));
    expect(answer.data.length).to.equal(0);
  });
});
