import fc from "fast-check";

/** A request with any method, path, headers and body. */
export interface FuzzedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** The models that requests are made for. */
export const MODELS = [
  "iris",
  "words",
  "half-plus-two",
  "linear",
  "pair",
  "types",
  "image",
  "lengths",
  "lookup",
  "sum-of-rows",
] as const;
const FIELDS = ["text", "features", "instances", "inputs", "sepal_length", "__proto__", "constructor", "id", "outputs"];
const DATATYPES = ["FP32", "INT64", "BYTES", "BOOL", "FP16", "UINT8", "float", ""];

/** Names of models, and names that try to escape the registry. */
const name = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...MODELS) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      "..",
      "%2e%2e%2f%2e%2e%2fetc",
      "__proto__",
      "constructor",
      "%00",
      "a%ff",
      "x".repeat(300),
    ),
  },
  { weight: 1, arbitrary: fc.string({ maxLength: 20 }).map(encodeURIComponent) },
);

const path = fc.oneof(
  { weight: 4, arbitrary: fc.constant("/predict") },
  { weight: 4, arbitrary: name.map((model) => `/models/${model}/predict`) },
  { weight: 6, arbitrary: name.map((model) => `/v2/models/${model}/infer`) },
  { weight: 3, arbitrary: name.map((model) => `/v1/models/${model}:predict`) },
  { weight: 1, arbitrary: fc.tuple(name, name).map(([a, b]) => `/v2/models/${a}/versions/${b}/infer`) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      "/health",
      "/ready",
      "/models",
      "/v2",
      "/docs",
      "/openapi.json",
      "/",
      "//",
      "/docs/../../package.json",
      "/docs/..%2f..%2fpackage.json",
      "/?a=b&__proto__[x]=1",
    ),
  },
  { weight: 1, arbitrary: fc.array(name, { maxLength: 6 }).map((parts) => `/${parts.join("/")}`) },
);

const number = fc.oneof(fc.double(), fc.integer(), fc.constantFrom(1e39, -1, 0, 1e308, 2 ** 53, 0.1));
const value = fc.oneof(
  { weight: 5, arbitrary: number },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 2 }) },
  { weight: 1, arbitrary: fc.string() },
);
const values = fc.array(value, { maxLength: 6 });

/** A request to `/predict`, valid or nearly so. */
const form = fc.oneof(
  fc.record({ text: fc.oneof(fc.string(), fc.string({ unit: "binary", maxLength: 40 }), value) }, { requiredKeys: [] }),
  fc.record({ features: fc.oneof(fc.array(number, { minLength: 3, maxLength: 3 }), values) }),
  fc.record({ instances: fc.oneof(values, fc.array(values, { maxLength: 4 }), value) }),
  fc.record(
    { sepal_length: value, sepal_width: number, petal_length: number, petal_width: number },
    { requiredKeys: ["sepal_width"] },
  ),
  fc.dictionary(fc.constantFrom(...FIELDS), fc.jsonValue({ maxDepth: 3 }), { maxKeys: 4, noNullPrototype: true }),
);

/** A request of the Open Inference Protocol, valid or nearly so. */
const tensor = fc.record(
  {
    name: fc.oneof(fc.constantFrom("x", "a", "b", "text", "image", "fp32", "__proto__"), fc.string({ maxLength: 8 })),
    datatype: fc.oneof(fc.constantFrom(...DATATYPES), fc.jsonValue({ maxDepth: 0 })),
    shape: fc.oneof(
      fc.array(fc.integer({ min: -1, max: 5 }), { maxLength: 4 }),
      fc.constantFrom([1, 4], [1], [1e9, 1e9], [2 ** 31], [0.5]),
      fc.jsonValue({ maxDepth: 1 }),
    ),
    data: fc.oneof(values, fc.array(values, { maxLength: 4 }), fc.jsonValue({ maxDepth: 2 })),
    parameters: fc.oneof(
      fc.record({ binary_data_size: fc.oneof(fc.integer({ min: -1, max: 64 }), fc.jsonValue({ maxDepth: 0 })) }),
      fc.jsonValue({ maxDepth: 1 }),
    ),
  },
  { requiredKeys: ["name"] },
);
const infer = fc.record(
  {
    id: fc.jsonValue({ maxDepth: 0 }),
    inputs: fc.array(tensor, { maxLength: 3 }),
    outputs: fc.oneof(
      fc.array(fc.record({ name: fc.string(), parameters: fc.jsonValue({ maxDepth: 1 }) }), { maxLength: 2 }),
      fc.jsonValue({ maxDepth: 1 }),
    ),
    parameters: fc.jsonValue({ maxDepth: 1 }),
  },
  { requiredKeys: ["inputs"] },
);

const text = (arbitrary: fc.Arbitrary<unknown>) => arbitrary.map((json) => Buffer.from(JSON.stringify(json) ?? ""));
const body = fc.oneof(
  { weight: 8, arbitrary: text(form) },
  { weight: 2, arbitrary: text(fc.array(form, { maxLength: 4 })) },
  { weight: 8, arbitrary: text(infer) },
  { weight: 2, arbitrary: text(fc.jsonValue()) },
  { weight: 1, arbitrary: fc.string().map((broken) => Buffer.from(broken)) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes)) },
  // The binary extension: JSON, followed by bytes, which may be too few or too many.
  {
    weight: 2,
    arbitrary: fc.tuple(text(infer), fc.uint8Array({ maxLength: 64 })).map(([json, raw]) => Buffer.concat([json, raw])),
  },
);

const header = fc.oneof(
  { weight: 6, arbitrary: fc.constant({}) },
  {
    weight: 1,
    arbitrary: fc
      .integer({ min: -1, max: 400 })
      .map((length) => ({ "Inference-Header-Content-Length": String(length) })),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom(
        "text/plain",
        "application/octet-stream",
        "multipart/form-data",
        ";;",
        "application/json; charset=latin1",
      )
      .map((type) => ({ "Content-Type": type })),
  },
  {
    weight: 1,
    arbitrary: fc.string({ maxLength: 40 }).map((id) => ({ "X-Request-ID": id.replace(/[^\x20-\x7e]/g, "?") })),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom("gzip", "identity", "").map((encoding) => ({ "Content-Encoding": encoding })),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "00-zz", "")
      .map((traceparent) => ({ traceparent })),
  },
);

/** Requests with the right fields for their model but random values, and sometimes one other mistake. */
const rows = (width: number) => fc.array(fc.float({ noNaN: true }), { minLength: width, maxLength: width });
const suiting = fc.oneof(
  fc.tuple(
    fc.constant("/models/iris/predict"),
    fc.record({ sepal_length: number, sepal_width: number, petal_length: number, petal_width: number }),
  ),
  fc.tuple(fc.constant("/models/words/predict"), fc.record({ text: fc.string({ unit: "binary", maxLength: 200 }) })),
  fc.tuple(fc.constant("/models/half-plus-two/predict"), fc.record({ instances: fc.array(number, { maxLength: 5 }) })),
  fc.tuple(fc.constant("/v1/models/lengths:predict"), fc.record({ instances: fc.array(rows(3), { maxLength: 3 }) })),
  // Some of the values are rejected by the graph itself, alone or in a batch with valid ones.
  fc.tuple(
    fc.constant("/v2/models/lookup/infer"),
    fc.integer({ min: -15, max: 15 }).map((id) => ({
      inputs: [{ name: "ids", datatype: "INT64", shape: [1, 1], data: [id] }],
    })),
  ),
  fc.tuple(
    fc.constant("/v2/models/sum-of-rows/infer"),
    fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })).map(([one, other]) => ({
      inputs: [
        { name: "a", datatype: "FP32", shape: [1, one], data: new Array<number>(one).fill(1) },
        { name: "b", datatype: "FP32", shape: [1, other], data: new Array<number>(other).fill(1) },
      ],
    })),
  ),
  fc.tuple(
    fc.constantFrom("/v2/models/iris/infer", "/v2/models/iris/versions/1/infer"),
    rows(4).map((data) => ({ inputs: [{ name: "x", datatype: "FP32", shape: [1, 4], data }] })),
  ),
);

const anything: fc.Arbitrary<FuzzedRequest> = fc.record({
  method: fc.oneof(
    { weight: 20, arbitrary: fc.constant("POST") },
    { weight: 2, arbitrary: fc.constant("GET") },
    { weight: 1, arbitrary: fc.constantFrom("PUT", "DELETE", "HEAD", "OPTIONS", "PATCH") },
  ),
  path,
  headers: header,
  body,
});

/** Requests that a correct HTTP client could send. */
export const requests: fc.Arbitrary<FuzzedRequest> = fc.oneof(
  { weight: 4, arbitrary: anything },
  {
    weight: 1,
    arbitrary: fc.tuple(suiting, header).map(([[target, json], headers]) => ({
      ...{ method: "POST", path: target, headers },
      body: Buffer.from(JSON.stringify(json)),
    })),
  },
);

/** Bytes that no correct HTTP client would send. */
export const nonsense: fc.Arbitrary<Buffer> = fc.oneof(
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  fc.string({ maxLength: 60 }).map((line) => Buffer.from(`POST ${line} HTTP/1.1\r\nHost: x\r\n\r\n`)),
  fc
    .tuple(fc.string({ maxLength: 20 }), fc.string({ maxLength: 20 }))
    .map(([key, text]) => Buffer.from(`POST /predict HTTP/1.1\r\nHost: x\r\n${key}: ${text}\r\n\r\n`)),
  fc
    .tuple(fc.constantFrom("-1", "1e3", "5, 6", "99999999999999999999", "0x10", ""), body)
    .map(([length, rest]) =>
      Buffer.concat([Buffer.from(`POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: ${length}\r\n\r\n`), rest]),
    ),
  fc
    .array(fc.constantFrom("5\r\nhello\r\n", "0\r\n\r\n", "zz\r\n", "-1\r\n", "ffffffffff\r\n", "1;x=y\r\na\r\n"), {
      maxLength: 4,
    })
    .map((chunks) =>
      Buffer.from(
        `POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n${chunks.join("")}`,
      ),
    ),
);
