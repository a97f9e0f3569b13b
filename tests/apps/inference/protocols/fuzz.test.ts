import type { IncomingMessage } from "node:http";
import { expect } from "chai";
import fc from "fast-check";
import type { Context } from "koa";
import { routeFinder, router } from "../../../../apps/inference/http/router.ts";
import { HttpError } from "../../../../apps/inference/http-error.ts";
import { batchingOf } from "../../../../apps/inference/model/batch-dimension.ts";
import type { Model } from "../../../../apps/inference/model/model.ts";
import { TensorMemory } from "../../../../apps/inference/model/tensor-memory.ts";
import { decode, encode } from "../../../../apps/inference/payload/binary.ts";
import { predictProtocol } from "../../../../apps/inference/protocols/predict/protocol.ts";
import { requestSchemaFor } from "../../../../apps/inference/protocols/predict/request-schemas.ts";
import type { Protocol } from "../../../../apps/inference/protocols/protocol.ts";
import { v1Protocol } from "../../../../apps/inference/protocols/v1/protocol.ts";
import { inferProtocol } from "../../../../apps/inference/protocols/v2/protocol.ts";
import type { ServedModel } from "../../../../apps/inference/repository/served-model.ts";
import type { Datatype } from "../../../../apps/registry/metadata.ts";
import { DATATYPES, MODELS, type ModelName } from "../support/models.ts";
import { metadataOf } from "../support/registry.ts";

/** The same cases every time; a failure prints the seed and path that reproduce it. */
const RUNS = { seed: 42, numRuns: 1500 };
const MAX_ROWS = 50;
const MEMORY = new TensorMemory();

/** JSON with relevant names among its keys, so that nested checks are reached as well. */
const KEYS = [
  "inputs",
  "outputs",
  "name",
  "datatype",
  "shape",
  "data",
  "parameters",
  "binary_data_size",
  "binary_data",
];
const FIELDS = ["instances", "text", "features", "sepal_length", "x", "a", "__proto__", "constructor", "prototype"];
const json = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    fc.constantFrom(
      null,
      true,
      false,
      0,
      1,
      -1,
      0.5,
      1e300,
      1e39,
      "",
      "FP32",
      "BYTES",
      "text",
      "x",
      "a",
      "a\0b",
      "\ud800",
    ),
    fc.double(),
    fc.string(),
    fc.array(tie("value"), { maxLength: 5 }),
    fc.dictionary(fc.constantFrom(...KEYS, ...FIELDS), tie("value"), { maxKeys: 5, noNullPrototype: true }),
  ),
})).value;

/** A nearly valid request to a model. */
function almostRight(model: ModelName): fc.Arbitrary<unknown> {
  const input = fc.constantFrom(...MODELS[model].inputs).chain(({ name, datatype, shape }) =>
    fc.record(
      {
        name: fc.oneof(fc.constant(name), json),
        datatype: fc.oneof(fc.constant(datatype), json),
        shape: fc.oneof(fc.constant(shape.map((size) => (size === -1 ? 1 : size))), fc.array(fc.integer()), json),
        data: fc.oneof(fc.array(fc.oneof(fc.float(), fc.string()), { maxLength: 4 }), json),
        parameters: fc.oneof(fc.record({ binary_data_size: fc.integer({ min: -1, max: 40 }) }), json),
      },
      { requiredKeys: ["name", "datatype", "shape"] },
    ),
  );
  return fc.record(
    { inputs: fc.array(input, { maxLength: 3 }), outputs: json, id: json },
    { requiredKeys: ["inputs"] },
  );
}

async function served(name: ModelName): Promise<ServedModel> {
  const metadata = await metadataOf(name, "1");
  const model = { metadata, ...batchingOf(metadata.signature) } as unknown as Model;
  return { model, schema: requestSchemaFor(metadata, { classes: undefined }) } as unknown as ServedModel;
}

/** Reads a request; a mistake must give a 4xx with a message of one line. */
function readsOrRejects(protocol: Protocol, body: Buffer, headers: object, to: ServedModel): void {
  try {
    const ctx = { req: { headers } as IncomingMessage } as unknown as Context;
    const { rows, inputs } = protocol.read(ctx, body, to, { maxRows: MAX_ROWS, memory: MEMORY });
    expect(rows).to.be.within(1, MAX_ROWS);
    for (const { shape, data } of inputs.values()) {
      expect(data).to.have.lengthOf(shape.reduce((product, size) => product * size, 1));
    }
  } catch (error) {
    if (!(error instanceof HttpError)) {
      throw error;
    }
    expect(error.status).to.be.oneOf([400, 404, 422]);
    expect(error.message).to.match(/^[^\n]+$/);
  }
  expect(Object.keys(Object.prototype)).to.deep.equal([]);
}

describe("random requests", () => {
  const protocols = { "/predict": predictProtocol, "/v1": v1Protocol, "/v2": inferProtocol };
  for (const [path, protocol] of Object.entries(protocols)) {
    for (const model of ["half-plus-two", "words", "iris", "linear", "types", "pair", "image", "slow"] as const) {
      it(`are read or rejected by ${path} for ${model}`, async () => {
        const to = await served(model);
        const bodies = fc.oneof(json, almostRight(model)).map((value) => Buffer.from(JSON.stringify(value) ?? ""));
        fc.assert(
          fc.property(bodies, (body) => readsOrRejects(protocol, body, {}, to)),
          RUNS,
        );
      });
    }
  }

  it("with binary tensors are read or rejected", async () => {
    const to = await served("types");
    const bodies = fc.tuple(almostRight("types"), fc.uint8Array({ maxLength: 64 }), fc.integer({ min: -9, max: 9 }));
    fc.assert(
      fc.property(bodies, ([value, raw, slip]) => {
        const text = Buffer.from(JSON.stringify(value));
        const headers = { "inference-header-content-length": String(text.length + slip) };
        readsOrRejects(inferProtocol, Buffer.concat([text, raw]), headers, to);
      }),
      RUNS,
    );
  });

  it("that are not JSON do not crash the server", async () => {
    const to = await served("words");
    for (const protocol of Object.values(protocols)) {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => readsOrRejects(protocol, Buffer.from(bytes), {}, to)),
        RUNS,
      );
    }
  });
});

describe("binary tensors", () => {
  for (const datatype of DATATYPES) {
    it(`of ${datatype} are decoded and encoded without loss, or rejected`, () => {
      const input = fc.tuple(
        fc.uint8Array({ maxLength: 64 }),
        fc.integer({ min: 0, max: 16 }),
        fc.integer({ max: 3, min: 0 }),
      );
      fc.assert(
        fc.property(input, ([bytes, length, offset]) => {
          // In a body with several tensors, a tensor may begin at any offset.
          const body = Buffer.concat([Buffer.alloc(offset), bytes]).subarray(offset);
          try {
            const data = decode(datatype, body, length, "inputs[0]");
            expect(data).to.have.lengthOf(length);
            expect([...encode(data)]).to.deep.equal([...bytes]);
          } catch (error) {
            expect(error).to.be.instanceOf(HttpError);
          }
        }),
        RUNS,
      );
    });
  }

  it("of strings are decoded and encoded without loss", () => {
    const text = fc.string({ unit: "grapheme" }).filter((value) => !value.includes("\0"));
    fc.assert(
      fc.property(fc.array(text), (texts) => {
        expect(decode("BYTES" satisfies Datatype, encode(texts), texts.length, "")).to.deep.equal(texts);
      }),
      RUNS,
    );
  });
});

describe("random paths", () => {
  it("match a route with parameters of one segment, or give 404 or 405", async () => {
    const asked: string[][] = [];
    const route = (path: string) => ({
      method: "POST" as const,
      path,
      handle: (_ctx: Context, words: readonly string[]) => void asked.push([...words]),
    });
    const routed = [
      "/predict",
      "/v1/models/{model}:predict",
      "/v2/models/{model}/infer",
      "/v2/models/{model}/versions/{version}/infer",
    ];
    const handle = router(routeFinder(routed.map(route)), () => undefined);
    const segment = fc.oneof(
      fc.constantFrom("v1", "v2", "models", "versions", "infer", "iris:predict", "..", "%2e%2e", "", "__proto__"),
      fc.webSegment(),
    );
    const paths = fc.array(segment, { maxLength: 7 }).map((segments) => `/${segments.join("/")}`);
    await fc.assert(
      fc.asyncProperty(paths, fc.constantFrom("GET", "POST"), async (path, method) => {
        asked.length = 0;
        try {
          await handle({ path, method } as Context, async () => {});
        } catch (error) {
          expect(error).to.be.instanceOf(HttpError);
          expect((error as HttpError).status).to.be.oneOf([404, 405]);
        }
        for (const words of asked) {
          expect(words.every((word) => word !== "" && !word.includes("/"))).to.equal(true);
        }
      }),
      RUNS,
    );
  });
});
