import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { expect } from "chai";
import { HEAD_BYTES, wrongFile } from "../../../../apps/inference/import/wrong-file.ts";

const FIXTURES = path.join(import.meta.dirname, "..", "fixtures");

const bytes = (...parts: readonly (string | readonly number[])[]) =>
  Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part, "latin1") : Buffer.from(part))));

const PICKLE = [0x80, 4, 0x95];

const CASES: readonly (readonly [string, Buffer, RegExp])[] = [
  ["model.onnx", bytes(), /^is an empty file, not an ONNX graph; export or copy it again$/],
  ["model.onnx", bytes("version https://git-lfs.github.com/spec/v1\noid"), /a pointer of Git LFS.*git lfs pull/],
  ["model.onnx", bytes("\n<!DOCTYPE html><html>"), /a web page/],
  ["model.pt", bytes("PK\x03\x04", [0, 0], "archive/data.pkl"), /a PyTorch checkpoint.*torch\.onnx\.export/],
  ["model.keras", bytes("PK\x03\x04", [0, 0], "config.json", [0], "model.weights.h5"), /a Keras model.*format='onnx'/],
  ["model.zip", bytes("PK\x03\x04", [0, 0], "model.onnx"), /a zip archive.*unpack it/],
  ["model.tar.gz", gzipSync("model"), /a gzip archive.*unpack it/],
  ["model.tar", bytes("model.onnx", new Array(247).fill(0), "ustar"), /a tar archive/],
  ["model.h5", bytes([0x89], "HDF\r\n"), /an HDF5 file.*Keras/],
  ["model.tflite", bytes([28, 0, 0, 0], "TFL3"), /a TensorFlow Lite model.*tf2onnx/],
  ["model.ort", bytes([28, 0, 0, 0], "ORTM"), /ONNX Runtime's own format/],
  ["llama.gguf", bytes("GGUF", [3, 0]), /a GGUF file.*vLLM/],
  ["model.safetensors", bytes([64, 0, 0, 0, 0, 0, 0, 0], '{"w":{"dtype":"F32"'), /a safetensors file.*optimum-cli/],
  ["model.cbm", bytes("CBM1", [0]), /a CatBoost model.*format='onnx'/],
  ["model.txt", bytes("tree\nversion=v4\n"), /a LightGBM model.*onnxmltools/],
  ["model.json", bytes('{"learner":{"attributes"'), /an XGBoost model.*onnxmltools/],
  ["model.ubj", bytes("{L", [0, 0, 0, 0, 0, 0, 0, 7], "learner"), /an XGBoost model/],
  ["model.pmml", bytes('<?xml version="1.0"?><PMML xmlns='), /a PMML file.*skl2onnx/],
  ["model.xml", bytes('<?xml version="1.0"?>\n<net name="x">'), /an OpenVINO model/],
  ["model.pkl", bytes(PICKLE, "sklearn.linear_model"), /a Python pickle.*convert_sklearn/],
  ["old.bin", bytes(PICKLE, "ctorch._utils"), /a PyTorch checkpoint/],
  ["model.joblib", bytes([0x78, 0x9c]), /a Python pickle/],
  ["saved_model.pb", bytes([8, 1, 18]), /a TensorFlow SavedModel.*tf2onnx/],
  ["config.json", bytes('{"model_type": "bert"}'), /a JSON file/],
];

describe("a file that is not an ONNX graph", () => {
  for (const [name, head, expected] of CASES) {
    it(`is recognized: ${name}, ${expected.source}`, () => {
      expect(wrongFile(head, name)).to.match(expected);
    });
  }

  it("is not mistaken for one that is", async () => {
    for (const name of (await readdir(FIXTURES)).filter((file) => file.endsWith(".onnx"))) {
      const head = (await readFile(path.join(FIXTURES, name))).subarray(0, HEAD_BYTES);
      expect(wrongFile(head, name), name).to.equal(undefined);
    }
  });
});
