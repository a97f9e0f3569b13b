/** What a file is, and what to do to get an ONNX graph. */
interface Kind {
  readonly is: (head: Buffer, name: string) => boolean;
  readonly what: string;
  readonly remedy: string;
}

const SKLEARN = "export it where it was trained, with skl2onnx: convert_sklearn(model, initial_types=[…])";
const TORCH =
  "load it where it was trained and export it: torch.onnx.export(model, example_inputs, 'model.onnx', dynamo=True)";
const TENSORFLOW = "convert it with tf2onnx: python -m tf2onnx.convert --saved-model DIR --output model.onnx";
const KERAS = "load it with Keras 3 and export it: model.export('model.onnx', format='onnx')";
const BOOSTER = "export it with onnxmltools: convert_lightgbm or convert_xgboost(model, initial_types=[…])";
const UNPACK = "unpack it and import the folder, or the model.onnx in it";
const DOWNLOAD = "download the file itself";

const startsWith = (text: string) => (head: Buffer) => head.subarray(0, text.length).toString("latin1") === text;
const named = (ending: RegExp) => (_head: Buffer, name: string) => ending.test(name);
const contains = (text: string) => (head: Buffer) => head.includes(text, 0, "latin1");
/** Files that zip archives of PyTorch and Keras list first, so that their names are near the beginning. */
const zipWith = (text: string) => (head: Buffer) => startsWith("PK\x03\x04")(head) && contains(text)(head);

/** In this order: the first that applies. Signatures of files come before names, which people change. */
const KINDS: readonly Kind[] = [
  { is: (head) => head.length === 0, what: "an empty file", remedy: "export or copy it again" },
  { is: startsWith("version https://git-lfs"), what: "a pointer of Git LFS", remedy: `${DOWNLOAD}: git lfs pull` },
  { is: (head) => /^\s*<(?:!doctype html|html)/i.test(head.toString("latin1")), what: "a web page", remedy: DOWNLOAD },
  { is: zipWith("data.pkl"), what: "a PyTorch checkpoint", remedy: TORCH },
  { is: zipWith("model.weights.h5"), what: "a Keras model", remedy: KERAS },
  { is: startsWith("PK\x03\x04"), what: "a zip archive", remedy: UNPACK },
  { is: startsWith("\x1f\x8b"), what: "a gzip archive", remedy: UNPACK },
  { is: (head) => contains("ustar")(head.subarray(257, 263)), what: "a tar archive", remedy: UNPACK },
  { is: startsWith("\x89HDF"), what: "an HDF5 file, as Keras writes it", remedy: KERAS },
  {
    is: (head) => head.subarray(4, 8).toString("latin1") === "TFL3",
    what: "a TensorFlow Lite model",
    remedy: "convert it with tf2onnx: python -m tf2onnx.convert --tflite FILE --output model.onnx",
  },
  {
    is: (head) => head.subarray(4, 8).toString("latin1") === "ORTM",
    what: "a model in ONNX Runtime's own format, which fits one release only",
    remedy: "import the ONNX file that it was made from",
  },
  {
    is: startsWith("GGUF"),
    what: "a GGUF file of a language model",
    remedy: "serve it with llama.cpp or vLLM by an image",
  },
  {
    is: (head) => head.length > 9 && head.readUInt32LE(4) === 0 && head[8] === 0x7b,
    what: "a safetensors file: weights without a graph",
    remedy: "export the model with optimum: optimum-cli export onnx --model DIR OUTPUT",
  },
  {
    is: startsWith("CBM1"),
    what: "a CatBoost model",
    remedy: "save it as ONNX: model.save_model('model.onnx', format='onnx')",
  },
  { is: startsWith("tree\nversion="), what: "a LightGBM model", remedy: BOOSTER },
  {
    is: (head) => /^\{[LU]?.?.{0,12}learner/s.test(head.toString("latin1")),
    what: "an XGBoost model",
    remedy: BOOSTER,
  },
  { is: startsWith("binf"), what: "an XGBoost model", remedy: BOOSTER },
  { is: contains("<PMML"), what: "a PMML file", remedy: SKLEARN },
  { is: contains("<net "), what: "an OpenVINO model", remedy: "import the ONNX file that it was made from" },
  {
    is: (head) => head[0] === 0x80 && (head[1] ?? 0) >= 2 && (head[1] ?? 9) <= 5 && contains("torch")(head),
    what: "a PyTorch checkpoint",
    remedy: TORCH,
  },
  {
    is: (head) => head[0] === 0x80 && (head[1] ?? 0) >= 2 && (head[1] ?? 9) <= 5,
    what: "a Python pickle, as joblib and scikit-learn write it",
    remedy: SKLEARN,
  },
  { is: named(/\.(?:joblib|pkl|pickle)$/i), what: "a Python pickle", remedy: SKLEARN },
  { is: named(/\.(?:pt|pth|ckpt)$/i), what: "a PyTorch checkpoint", remedy: TORCH },
  { is: named(/saved_model\.pb$/), what: "a TensorFlow SavedModel", remedy: TENSORFLOW },
  { is: named(/\.mlmodel$/i), what: "a Core ML model", remedy: "import the ONNX file that it was made from" },
  {
    is: (head) => /^\s*[{[]/.test(head.toString("latin1")),
    what: "a JSON file",
    remedy: "import the folder that it is in",
  },
];

/** How much of a file is needed to tell what it is. */
export const HEAD_BYTES = 4096;

/**
 * What a file is that is not an ONNX graph, and what would work; undefined if it may be a graph.
 *
 * @param head The first 4 KiB of the file.
 */
export function wrongFile(head: Buffer, name: string): string | undefined {
  const kind = KINDS.find(({ is }) => is(head, name));
  return kind && `is ${kind.what}, not an ONNX graph; ${kind.remedy}`;
}
