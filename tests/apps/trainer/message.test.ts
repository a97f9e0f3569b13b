import { expect } from "chai";
import { MessageWriter } from "../../../apps/trainer/onnx/message.ts";

/** The output of `write`, in hexadecimal. */
function written(write: (message: MessageWriter) => void): string {
  const message = new MessageWriter();
  write(message);
  return Buffer.from(message.finish()).toString("hex");
}

// The expected bytes are from protobuf.dev/programming-guides/encoding if it has that example.
describe("protocol buffer messages", () => {
  it("encode integers as varints", () => {
    expect(written((message) => message.int(1, 150))).to.equal("089601");
    expect(written((message) => message.int(20, 0))).to.equal("a00100");
    expect(written((message) => message.int(1, 2 ** 35 + 1))).to.equal("08818080808001");
    expect(written((message) => message.int(1, -2))).to.equal("08feffffffffffffffff01");
    for (const wrong of [0.5, Number.NaN, 2 ** 60])
      expect(() => written((message) => message.int(1, wrong))).to.throw("is not an integer");
  });

  it("encode text as UTF-8", () => {
    expect(written((message) => message.string(2, "testing"))).to.equal("120774657374696e67");
    expect(written((message) => message.string(2, "é’"))).to.equal("1205c3a9e28099");
  });

  it("encode packed numbers and nested messages", () => {
    expect(written((message) => message.ints(6, [3, 270, 86942]))).to.equal("3206038e029ea705");
    expect(written((message) => message.floats(4, [1, -2]))).to.equal("22080000803f000000c0");
    expect(written((message) => message.float(2, 0.5))).to.equal("150000003f");
    expect(written((message) => message.message(3, () => message.int(1, 150)))).to.equal("1a03089601");
    const long = written((message) =>
      message.message(3, () => message.message(2, () => message.string(1, "x".repeat(200)))),
    );
    expect(long.slice(0, 16)).to.equal("1ace0112cb010ac8");
    expect(long.length / 2).to.equal(3 + 3 + 3 + 200);
  });
});
