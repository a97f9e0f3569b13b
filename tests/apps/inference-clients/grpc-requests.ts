import { WireType } from "@bufbuild/protobuf/wire";
import fc from "fast-check";
import { METHODS } from "../inference/support/grpc.ts";
import { MODELS } from "./requests.ts";

/** A call of any method with any bytes as its message. */
export interface FuzzedCall {
  readonly path: string;
  readonly bytes: Buffer;
  readonly metadata: Readonly<Record<string, string>>;
}

const INFER = METHODS.inference["ModelInfer"];

const name = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...MODELS) },
  { weight: 1, arbitrary: fc.constantFrom("", "..", "__proto__", "constructor", "x".repeat(300)) },
  { weight: 1, arbitrary: fc.string({ maxLength: 20 }) },
);
const number = fc.oneof(fc.float(), fc.constantFrom(0, -1, 1e38, Number.NaN, Number.POSITIVE_INFINITY));
const long = fc.oneof(
  fc.integer({ min: -2, max: 6 }).map(String),
  fc.constantFrom("9223372036854775807", "-9223372036854775808", "4294967296"),
);
const parameters = fc.dictionary(
  fc.constantFrom("classification", "binary_data", "shared_memory_region", "__proto__"),
  fc.oneof(
    fc.record({ bool_param: fc.boolean() }),
    fc.record({ int64_param: long }),
    fc.record({ string_param: fc.string({ maxLength: 8 }) }),
    fc.record({ double_param: number }),
  ),
  { maxKeys: 2, noNullPrototype: true },
);
const few = <T>(values: fc.Arbitrary<T>) => fc.array(values, { maxLength: 6 });
const contents = fc.record(
  {
    fp32_contents: few(number),
    fp64_contents: few(fc.double()),
    int64_contents: few(long),
    int_contents: few(fc.integer()),
    uint_contents: few(fc.nat()),
    bool_contents: few(fc.boolean()),
    bytes_contents: few(fc.uint8Array({ maxLength: 8 }).map((bytes) => Buffer.from(bytes))),
  },
  { requiredKeys: [] },
);
const input = fc.record(
  {
    name: fc.oneof(fc.constantFrom("x", "a", "b", "text", "image", "ids", "__proto__"), fc.string({ maxLength: 8 })),
    datatype: fc.oneof(fc.constantFrom("FP32", "INT64", "BYTES", "BOOL", "FP16", "UINT8"), fc.string({ maxLength: 6 })),
    shape: fc.oneof(fc.constantFrom([1, 4], [1], [1, 3], [1, 2]), few(long)),
    parameters,
    contents,
  },
  { requiredKeys: ["name"] },
);
const raws = few(fc.uint8Array({ maxLength: 32 }).map((bytes) => Buffer.from(bytes)));
const request = fc.record(
  {
    model_name: name,
    model_version: fc.constantFrom("", "1", "2", "x"),
    id: fc.string({ maxLength: 20 }),
    parameters,
    inputs: fc.array(input, { maxLength: 3 }),
    outputs: fc.array(fc.record({ name: fc.string({ maxLength: 8 }), parameters }), { maxLength: 2 }),
    raw_input_contents: raws,
  },
  { requiredKeys: ["model_name"] },
);

/** Requests with the right fields for their model but random values. */
const floats = (count: number) => fc.array(fc.float({ noNaN: true }), { minLength: count, maxLength: count });
const tensor = (datatype: string, field: string, shape: number[], values: unknown, named = "x") => ({
  inputs: [{ name: named, datatype, shape, contents: { [field]: values } }],
});
const suiting = fc.oneof(
  floats(4).map((values) => ({ model_name: "iris", ...tensor("FP32", "fp32_contents", [1, 4], values) })),
  floats(4).map((values) => ({
    model_name: "iris",
    inputs: [{ name: "x", datatype: "FP32", shape: [1, 4] }],
    raw_input_contents: [Buffer.from(Float32Array.from(values).buffer)],
  })),
  floats(3).map((values) => ({ model_name: "lengths", ...tensor("FP32", "fp32_contents", [1, 3], values) })),
  fc.string({ unit: "binary", maxLength: 100 }).map((text) => ({
    ...{ model_name: "words", ...tensor("BYTES", "bytes_contents", [1], [Buffer.from(text)], "text") },
  })),
  // Some of the values are rejected by the graph itself.
  fc.integer({ min: -15, max: 15 }).map((id) => ({
    ...{ model_name: "lookup", ...tensor("INT64", "int64_contents", [1, 1], [String(id)], "ids") },
  })),
);

const serialized = (message: fc.Arbitrary<object>) =>
  message.map((value) => INFER?.requestSerialize(value) ?? Buffer.alloc(0));

/** A valid message with some of its bytes changed, or cut off. */
const damaged = fc
  .tuple(
    serialized(fc.oneof(request, suiting)),
    fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 3 }),
    fc.nat({ max: 8 }),
  )
  .map(([bytes, changes, cut]) => {
    const changed = Buffer.from(bytes);
    for (const [place, value] of changes) {
      if (changed.length > 0) changed[place % changed.length] = value;
    }
    return changed.subarray(0, Math.max(0, changed.length - cut));
  });

/** Groups in groups, which a parser that recurses would follow. */
const nested = fc.integer({ min: 1, max: 20_000 }).map((depth) => Buffer.alloc(depth, (9 << 3) | WireType.StartGroup));

const bytes = fc.oneof(
  { weight: 4, arbitrary: serialized(request) },
  { weight: 4, arbitrary: serialized(suiting) },
  { weight: 3, arbitrary: damaged },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 80 }).map((random) => Buffer.from(random)) },
  { weight: 1, arbitrary: nested },
);

const paths = [...Object.values(METHODS.inference), METHODS.health["Check"]].flatMap((method) => method?.path ?? []);
const path = fc.oneof(
  { weight: 12, arbitrary: fc.constant(INFER?.path ?? "") },
  { weight: 3, arbitrary: fc.constantFrom(...paths) },
  { weight: 1, arbitrary: fc.constantFrom("/inference.GRPCInferenceService/Nothing", "/a/b", "/") },
);
const metadata = fc.oneof(
  { weight: 6, arbitrary: fc.constant({}) },
  {
    weight: 1,
    arbitrary: fc.string({ maxLength: 40 }).map((id) => ({ "x-request-id": id.replace(/[^\x20-\x7e]/g, "?") })),
  },
  { weight: 1, arbitrary: fc.constantFrom("1n", "1u", "0S", "x").map((timeout) => ({ "x-timeout": timeout })) },
);

/** Calls that a gRPC client could send. */
export const calls: fc.Arbitrary<FuzzedCall> = fc.record({ path, bytes, metadata });
