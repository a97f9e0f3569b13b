import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect } from "chai";
import { execa } from "execa";
import { importModel } from "../../../apps/inference/import/import-model.ts";
import { createLogger } from "../../../apps/inference/logger.ts";
import { type RunningServer, startServer } from "../../../apps/inference/server.ts";
import { readSettings } from "../../../apps/inference/settings.ts";
import type { Datatype, Signature, TensorSpec } from "../../../apps/registry/metadata.ts";
import { python } from "../../support/python.ts";
import { send } from "../inference/support/server.ts";
import { postBinary } from "../inference/support/tensors.ts";

/** A tensor; numbers as base64 of their bytes, BYTES as texts. */
interface Encoded {
  readonly name: string;
  readonly datatype: Datatype;
  readonly shape: readonly number[];
  readonly data: string | readonly string[];
}

/** An output that is a list of maps in Python: for each row the probability by class. */
interface Maps {
  readonly name: string;
  readonly maps: readonly Readonly<Record<string, number>>[];
}

/** A model that `exports.py` has written, with a request and what ONNX Runtime for Python answers. */
interface Case {
  readonly name: string;
  readonly path: string;
  readonly inputs: readonly Encoded[];
  readonly outputs: readonly (Encoded | Maps)[];
  /** Names that the scores should have, of a classifier whose scores are a tensor. */
  readonly classes?: readonly string[];
}

/** Difference that two releases of ONNX Runtime may have, as a share of the largest element. */
const ROUNDING = 1e-5;

const script = path.join(import.meta.dirname, "exports.py");

describe("exports of other tools", function () {
  this.timeout(600_000);
  let folder: string;
  let cases: readonly Case[];
  const signatures = new Map<string, Signature>();
  let server: RunningServer;
  let url: string;

  before(async function () {
    const interpreter = await python(this, "exports");
    folder = await mkdtemp(path.join(tmpdir(), "exports-"));
    const env = { PYTHONDONTWRITEBYTECODE: "1", OMP_NUM_THREADS: "1" };
    await execa(interpreter, [script, folder], { env, stdout: "ignore", stderr: "pipe" });
    cases = JSON.parse(await readFile(path.join(folder, "cases.json"), "utf8"));
    const models = path.join(folder, "models");
    for (const { name, path: given } of cases) {
      const { metadata } = await importModel({ given, models, name });
      signatures.set(name, metadata.signature);
    }
    const settings = readSettings({
      MODEL_DIR: models,
      MODEL_NAME: "*",
      MODEL_VERSION: "latest",
      HOST: "127.0.0.1",
      PORT: "0",
      METRICS_PORT: "0",
      DRAIN_SECONDS: "0",
      LOG_LEVEL: "silent",
    });
    server = await startServer(settings, { logger: createLogger("silent") });
    await server.loaded;
    url = `http://127.0.0.1:${server.port}`;
  });
  after(async () => {
    await server?.shutDown();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });

  it("are at least forty, and all are served", async () => {
    expect(cases.length).to.be.at.least(40);
    expect((await send(`${url}/v2/models`, {})).body.models).to.have.members(cases.map(({ name }) => name));
  });

  it("answer as ONNX Runtime for Python, every output", async () => {
    for (const { name, inputs, outputs } of cases) {
      const answer = await ask(name, inputs);
      expect(answer.size, name).to.equal(outputs.length);
      for (const expected of outputs) {
        const what = `${name}: ${expected.name}`;
        const { spec, shape, elements } = answer.get(expected.name) ?? expect.fail(`${what} is missing`);
        if ("maps" in expected) {
          const labels = signatureOf(name, expected.name).labels ?? [];
          expect(expected.maps, what).to.have.lengthOf(shape[0] ?? 0);
          for (const [row, map] of expected.maps.entries()) {
            expect(labels, what).to.have.members(Object.keys(map));
            const own = elements.slice(row * labels.length, (row + 1) * labels.length);
            expectClose(
              own,
              labels.map((label) => map[label] ?? Number.NaN),
              what,
            );
          }
        } else {
          expect({ datatype: spec.datatype, shape }, what).to.deep.equal({
            datatype: expected.datatype,
            shape: expected.shape,
          });
          expectClose(elements, decode(expected), what);
        }
      }
    }
  });

  it("answer at /predict and /v1 with the same probabilities by class, for missing values too", async () => {
    let compared = 0;
    for (const { name, inputs, outputs } of cases) {
      const map = outputs.find((output): output is Maps => "maps" in output);
      // Without a batch dimension there are only tensors.
      if (map === undefined || signatures.get(name)?.inputs.some(({ shape }) => shape[0] !== -1)) continue;
      const rows = rowsOf(inputs);
      const predicted = await post(`/models/${name}/predict`, rows);
      const instances = await post(`/v1/models/${name}:predict`, { instances: rows });
      for (const [row, expected] of map.maps.entries()) {
        for (const answer of [predicted[row], instances.predictions[row]]) {
          const found = answer[map.name];
          expect(Object.keys(found), name).to.have.members(Object.keys(expected));
          expectClose(
            Object.values(found),
            Object.keys(found).map((label) => expected[label] ?? Number.NaN),
            name,
          );
          compared += 1;
        }
      }
    }
    expect(compared).to.be.greaterThan(100);
  });

  it("name the classes of scores that are a tensor, at /v2 and at /predict", async () => {
    let compared = 0;
    for (const { name, inputs, outputs, classes } of cases) {
      if (classes === undefined) continue;
      const scores = outputs.find((output): output is Encoded => "data" in output && output.shape.length === 2);
      const label = outputs.find((output): output is Encoded => "data" in output && output.shape.length === 1);
      if (scores === undefined || label === undefined) expect.fail(`${name} has no scores or no labels`);
      const described: readonly TensorSpec[] = (await send(`${url}/v2/models/${name}`, {})).body.outputs;
      expect(described.find((spec) => spec.name === scores.name)?.labels, name).to.deep.equal(classes);
      expect(described.find((spec) => spec.name === label.name)?.datatype, name).to.equal("BYTES");
      const all = decode(scores);
      for (const [row, answer] of (await post(`/models/${name}/predict`, rowsOf(inputs))).entries()) {
        expect(answer[label.name], name).to.equal(decode(label)[row]);
        expect(Object.keys(answer[scores.name]), name).to.deep.equal(classes);
        expectClose(
          Object.values(answer[scores.name]),
          all.slice(row * classes.length, (row + 1) * classes.length),
          name,
        );
        compared += 1;
      }
    }
    expect(compared).to.be.greaterThan(50);
  });

  const signatureOf = (name: string, output: string): TensorSpec =>
    signatures.get(name)?.outputs.find((spec) => spec.name === output) ?? expect.fail(`${name} has no ${output}`);

  const post = async (place: string, body: unknown) => {
    const headers = { "Content-Type": "application/json" };
    const answer = await send(url + place, { method: "POST", headers, body: JSON.stringify(body) });
    expect(answer.status, `${place}: ${JSON.stringify(answer.body)}`).to.equal(200);
    return answer.body;
  };

  /** Sends numbers as binary tensors, and asks for numbers as binary tensors, so that every bit arrives. */
  async function ask(name: string, inputs: readonly Encoded[]) {
    const raw: Buffer[] = [];
    const tensors = inputs.map(({ data, ...tensor }) => {
      if (typeof data !== "string") return { ...tensor, data };
      const bytes = Buffer.from(data, "base64");
      raw.push(bytes);
      return { ...tensor, parameters: { binary_data_size: bytes.length } };
    });
    const specs = signatures.get(name)?.outputs ?? [];
    const outputs = specs.map((spec) => ({
      name: spec.name,
      parameters: { binary_data: spec.datatype !== "BYTES" },
    }));
    const answer = await postBinary(`${url}/v2/models/${name}/infer`, { inputs: tensors, outputs }, Buffer.concat(raw));
    expect(answer.status, `${name}: ${JSON.stringify(answer.body)}`).to.equal(200);
    let offset = 0;
    const found = new Map<string, { spec: TensorSpec; shape: number[]; elements: (number | string)[] }>();
    for (const { name: output, datatype, shape, data, parameters } of answer.body.outputs) {
      const size = parameters?.binary_data_size ?? 0;
      const bytes = answer.raw.subarray(offset, offset + size).toString("base64");
      offset += size;
      const elements = data ?? decode({ name: output, datatype, shape, data: bytes });
      found.set(output, { spec: { name: output, datatype, shape }, shape, elements });
    }
    return found;
  }
});

function decode({ datatype, data }: Encoded): (number | string)[] {
  if (typeof data !== "string") return [...data];
  const { buffer } = new Uint8Array(Buffer.from(data, "base64"));
  switch (datatype) {
    case "FP32":
      return [...new Float32Array(buffer)];
    case "FP64":
      return [...new Float64Array(buffer)];
    case "FP16":
      return [...new Float16Array(buffer)];
    case "INT64":
      return [...new BigInt64Array(buffer)].map(Number);
    case "INT32":
      return [...new Int32Array(buffer)];
    case "INT8":
      return [...new Int8Array(buffer)];
    case "BOOL":
    case "UINT8":
      return [...new Uint8Array(buffer)];
    default:
      throw new Error(`unexpected type ${datatype}`);
  }
}

/** The rows of all inputs by name, NaN as null. */
function rowsOf(inputs: readonly Encoded[]): Record<string, unknown>[] {
  const columns = inputs.map((input) => {
    const elements = decode(input).map((value) => (Number.isNaN(value) ? null : value));
    const width = input.shape[1] ?? 1;
    return { name: input.name, row: (row: number) => elements.slice(row * width, (row + 1) * width) };
  });
  const count = inputs[0]?.shape[0] ?? 0;
  return Array.from({ length: count }, (_, row) => Object.fromEntries(columns.map((one) => [one.name, one.row(row)])));
}

function expectClose(found: readonly unknown[], expected: readonly unknown[], what: string): void {
  expect(found, what).to.have.lengthOf(expected.length);
  const finite = expected.filter((value) => Number.isFinite(value)).map((value) => Math.abs(Number(value)));
  const tolerance = ROUNDING * finite.reduce((most, value) => Math.max(most, value), 0);
  for (const [index, value] of expected.entries()) {
    const own = found[index];
    const isClose = Object.is(own, value) || Math.abs(Number(own) - Number(value)) <= tolerance;
    if (!isClose && own !== value) expect.fail(`${what}[${index}] is ${own}, not ${value}`);
  }
}
