import path from "node:path";
import { z } from "zod";
import { MODEL_NAME, MODEL_NAME_LENGTH, MODEL_VERSION } from "./layout.ts";
import { withOldNames } from "./old-names.ts";

/**
 * A model name. It needs no escaping in paths and URLs; in Kubernetes names capitals become lower case, and `_` and `.`
 * become `-`.
 */
export const ModelName = z
  .string()
  .max(MODEL_NAME_LENGTH)
  .regex(MODEL_NAME, "must be letters, digits, '-', '_' and '.'")
  .refine((name) => name !== "registry", "'registry' is the folder of the index");

/**
 * A model version: a positive integer in decimal, as Triton and TensorFlow Serving number them. Times serve as well, in
 * seconds (1767322800) or as digits (20260102030405).
 */
export const ModelVersion = z.string().regex(MODEL_VERSION, 'must be a positive integer such as "2"');

/** Open Inference Protocol v2 tensor data types. */
export const Datatype = z.enum([
  "BOOL",
  "UINT8",
  "UINT16",
  "UINT32",
  "UINT64",
  "INT8",
  "INT16",
  "INT32",
  "INT64",
  "FP16",
  "FP32",
  "FP64",
  "BYTES",
]);

/** One input or output of the graph. -1 is a dimension of any size; the first dimension is the batch. */
export const TensorSpec = z.object({
  name: z.string().min(1),
  datatype: Datatype,
  shape: z.array(z.int().min(-1)),
  /** Outputs only: names of the columns. The graph has a map there, such as scikit-learn's probabilities by class. */
  labels: z.array(z.string()).optional(),
});

/**
 * Request and response of `/predict`:
 * - `text-classification`: `{text}` → `{text, sentiment, confidence}`; `labels` by class index;
 * - `tabular-classification`: named `features` → `{species_index, species_name}`; `labels` by class index;
 * - `regression`: `{features: […]}` → `{prediction}`;
 * - `instances`: `{instances: […]}` → `{predictions: […]}`;
 * - `tensors`: any inputs and outputs; with a batch dimension `/predict` takes and gives a row of them, by their names.
 */
export const Signature = z.object({
  kind: z
    .enum(["text-classification", "tabular-classification", "regression", "instances", "tensors"])
    .default("tensors"),
  /** If omitted, the server reads them from the graph when it loads the model; empty until then. */
  inputs: z.array(TensorSpec).default([]),
  /** Like `inputs`. */
  outputs: z.array(TensorSpec).default([]),
  /** Maximum rows per run; 0 if the tensors have no batch dimension. If omitted: unlimited if every first dimension is -1. */
  maxBatchSize: z.int().min(0).optional(),
  /** Names of the request's fields in column order, for the tabular kinds. */
  features: z.array(z.string().min(1)).optional(),
  /**
   * Only for models that handle missing values themselves: the categorical features with their known values; the other
   * features are numeric. With categorical features the input is BYTES, with numbers in decimal and empty text for a missing
   * value; without them a missing value is NaN.
   */
  categories: z.record(z.string(), z.array(z.string())).optional(),
  /** Names of the classes by index, for the classifiers. If omitted, the server takes those that the graph names. */
  labels: z.array(z.string().min(1)).optional(),
});

/** Result of the promotion gate for a worse version: `version` was better by `metric`, which was `previous` and is `value`. */
export const Regression = z.object({
  version: ModelVersion,
  metric: z.string().min(1),
  value: z.number(),
  previous: z.number(),
});
export type Regression = z.infer<typeof Regression>;

/** 64 hexadecimal digits. Some tools print them in upper case. */
const Sha256 = z
  .string()
  .regex(/^[0-9a-f]{64}$/i, "must be 64 hexadecimal digits")
  .toLowerCase();

/** Value of a field that is not known. */
const UNKNOWN = "unknown";

function orUnknown(known: z.ZodType<string>, what: string) {
  const fits = (value: string) => value === UNKNOWN || known.safeParse(value).success;
  return z.string().refine(fits, `must be ${what}, or "${UNKNOWN}"`).default(UNKNOWN);
}

/** Whether a path leads from a folder to something inside it. */
export function isBelow(file: string): boolean {
  return !path.isAbsolute(file) && !file.includes("\0") && !/^\.\.?(?:\/|$)/.test(path.posix.normalize(file));
}

const Below = z.string().min(1).refine(isBelow, "must be the path of a file below the version's folder");

/** A file in the folder of the version. */
const Content = z.object({ file: z.string().min(1), sha256: Sha256, bytes: z.int().min(1) });

const CurrentMetadata = z.object({
  name: ModelName,
  version: ModelVersion,
  framework: z.literal("onnx"),
  description: z.string().default(""),
  /** Time of publishing, ISO 8601 with offset, or "unknown". */
  created: orUnknown(z.iso.datetime({ offset: true }), "an ISO 8601 time with offset: 2026-01-02T03:04:05Z"),
  /** Accuracy on the held-out rows, 0–1; classifiers only. */
  accuracy: z.number().min(0).max(1).optional(),
  /** All metrics on the held-out rows by name, such as `accuracy`, `f1`, `mae`, `rmse`. */
  metrics: z.record(z.string(), z.number()).default({}),
  signature: Signature.default({ kind: "tensors", inputs: [], outputs: [] }),
  artifact: Content.extend({
    /** Files beside the graph that hold its weights (ONNX external data), by the location that the graph gives. */
    externalData: z.array(Content.extend({ file: Below })).optional(),
  }),
  data: z
    .object({
      source: z.string(),
      sha256: Sha256,
      rows: z.int().min(0),
      trainRows: z.int().min(0),
      testRows: z.int().min(0),
      /** What the trainer guessed, left out or filled in. */
      notes: z.array(z.string()).optional(),
    })
    .optional(),
  task: z.string().default(UNKNOWN),
  hyperparameters: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).default({}),
  seed: z.int().default(0),
  /** Source commit of the trainer, or "unknown". */
  commit: z.string().default(UNKNOWN),
  /** ISO 8601 date of training, or "unknown". */
  trainedDate: orUnknown(z.iso.date(), "an ISO 8601 date: 2026-01-02"),
  durationSeconds: z.number().min(0).default(0),
  /** The version that this one would replace: the highest lower version that is not a regression itself. */
  parent: ModelVersion.optional(),
  /** Set if the version is worse than its parent on held-out rows. */
  regression: Regression.optional(),
  /** Reference of the image that trained it, with its digest if known. */
  image: z.string().min(1).optional(),
  /** The distributed run that trained it, and its number of workers. */
  run: z.object({ id: z.string().min(1), workers: z.int().min(1) }).optional(),
  /** The Kubernetes Job that trained it. */
  job: z.object({ namespace: z.string(), name: z.string(), pod: z.string() }).partial().optional(),
});

/**
 * `metadata.json` of one version: what it is, what it was trained on and how good it is. A model from elsewhere needs
 * `name`, `version`, `framework` and `artifact`; everything else has a default. Older releases wrote `artefact` and
 * `worseThan`.
 */
export const ModelMetadata = withOldNames(CurrentMetadata, { artefact: "artifact", worseThan: "regression" });
export type ModelMetadata = z.infer<typeof ModelMetadata>;
export type Signature = z.infer<typeof Signature>;
export type TensorSpec = z.infer<typeof TensorSpec>;
export type Datatype = z.infer<typeof Datatype>;

/**
 * `registry/models.json`: every model, and its versions in ascending order. `regressions` lists the versions that are worse
 * than another one (`than`), and is omitted if there is none. `latest` is the newest version that is not a regression, so
 * that a server that follows it cannot bypass the promotion gate. Older releases wrote `worse`.
 */
export const RegistryIndex = z.object({
  models: z.array(
    withOldNames(
      z.object({
        name: ModelName,
        versions: z.array(ModelVersion).min(1),
        latest: ModelVersion,
        regressions: z.array(z.object({ version: ModelVersion, than: ModelVersion })).optional(),
      }),
      { worse: "regressions" },
    ),
  ),
});
export type RegistryIndex = z.infer<typeof RegistryIndex>;
