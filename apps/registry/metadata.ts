import { z } from "zod";

/** A model name: what may stand in a path and a URL as it is; Kubernetes names replace `_` by `-`. */
export const ModelName = z
  .string()
  .max(63)
  .regex(/^[a-z0-9]([-_a-z0-9]*[a-z0-9])?$/, "must be lower-case letters, digits, '-' and '_'")
  .refine((name) => name !== "registry", "'registry' is the folder of the index");

/** A model version: a positive integer in decimal, as Triton and TensorFlow Serving number them. */
export const ModelVersion = z.string().regex(/^[1-9][0-9]{0,8}$/, 'must be a positive integer such as "2"');

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

/** One input or output of the graph; -1 is a dimension of any size, the first one the batch. */
export const TensorSpec = z.object({
  name: z.string().min(1),
  datatype: Datatype,
  shape: z.array(z.int().min(-1)),
});

/**
 * How `/predict` reads a request and words its answer:
 * - `text-classification`: `{text}` → `{text, sentiment, confidence}`; `labels` by class index;
 * - `tabular-classification`: named `features` → `{species_index, species_name}`; `labels` by class index;
 * - `regression`: `{features: […]}` → `{prediction}`;
 * - `instances`: `{instances: […]}` → `{predictions: […]}`;
 * - `tensors`: not at all; any inputs and outputs, by the Open Inference Protocol.
 */
export const Signature = z.object({
  kind: z
    .enum(["text-classification", "tabular-classification", "regression", "instances", "tensors"])
    .default("tensors"),
  /** Left out: the graph's own, which the server reads when it opens it; empty until then. */
  inputs: z.array(TensorSpec).min(1).default([]),
  /** As `inputs`. */
  outputs: z.array(TensorSpec).min(1).default([]),
  /** Most rows in one run; 0 where tensors have no batch dimension. Left out: any number, where every first dimension is -1. */
  maxBatchSize: z.int().min(0).optional(),
  /** Names of the request's fields in column order, for the tabular kinds. */
  features: z.array(z.string().min(1)).optional(),
  /**
   * Of a model that fills in missing values itself: the features that are words, each with those the model knows; the
   * other features are numbers. Where there are words the input is BYTES, with numbers in decimal and an empty text for
   * a missing value; otherwise a missing value is NaN.
   */
  categories: z.record(z.string(), z.array(z.string())).optional(),
  /** Names of the classes by index, for the classifiers. */
  labels: z.array(z.string().min(1)).optional(),
});

/** The promotion gate's mark: `version` was better by `metric`, which was `previous` there and is `value` here. */
export const WorseThan = z.object({
  version: ModelVersion,
  metric: z.string().min(1),
  value: z.number(),
  previous: z.number(),
});
export type WorseThan = z.infer<typeof WorseThan>;

/** 64 hexadecimal digits, which some tools print in capitals; read as small ones. */
const Sha256 = z
  .string()
  .regex(/^[0-9a-f]{64}$/i, "must be 64 hexadecimal digits")
  .toLowerCase();

/** What a field of the metadata says where whoever wrote them did not know. */
const UNKNOWN = "unknown";

function orUnknown(known: z.ZodType<string>, what: string) {
  const fits = (value: string) => value === UNKNOWN || known.safeParse(value).success;
  return z.string().refine(fits, `must be ${what}, or "${UNKNOWN}"`).default(UNKNOWN);
}

/**
 * `metadata.json` of one version: what it is, what it was trained on and how good it is. A model from elsewhere needs
 * `name`, `version`, `framework` and `artefact`; what the trainer adds has a default.
 */
export const ModelMetadata = z.object({
  name: ModelName,
  version: ModelVersion,
  framework: z.literal("onnx"),
  description: z.string().default(""),
  /** When the version was published, ISO 8601 with offset, or "unknown". */
  created: orUnknown(z.iso.datetime({ offset: true }), "an ISO 8601 time with offset: 2026-01-02T03:04:05Z"),
  /** Share of right answers on the held-out split, 0–1; classifiers only. */
  accuracy: z.number().min(0).max(1).optional(),
  /** All metrics of the held-out split by name, such as `accuracy`, `f1`, `mae`, `rmse`. */
  metrics: z.record(z.string(), z.number()).default({}),
  signature: Signature.default({ kind: "tensors", inputs: [], outputs: [] }),
  artefact: z.object({ file: z.string().min(1), sha256: Sha256, bytes: z.int().min(1) }),
  data: z
    .object({
      source: z.string(),
      sha256: Sha256,
      rows: z.int().min(0),
      trainRows: z.int().min(0),
      testRows: z.int().min(0),
    })
    .optional(),
  task: z.string().default(UNKNOWN),
  hyperparameters: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).default({}),
  seed: z.int().default(0),
  /** Source commit of the trainer, or "unknown" where the build was not told it. */
  commit: z.string().default(UNKNOWN),
  /** ISO 8601 date of training, or "unknown". */
  trainedDate: orUnknown(z.iso.date(), "an ISO 8601 date: 2026-01-02"),
  durationSeconds: z.number().min(0).default(0),
  /** The version this one would replace: the highest below it that is not itself marked as worse. */
  parent: ModelVersion.optional(),
  /** Set where the held-out metric is worse than the parent's. */
  worseThan: WorseThan.optional(),
  /** Reference of the image that trained it, with its digest where that is known. */
  image: z.string().min(1).optional(),
  /** The distributed run that it came out of, and its number of workers. */
  run: z.object({ id: z.string().min(1), workers: z.int().min(1) }).optional(),
  /** The Kubernetes Job that trained it. */
  job: z.object({ namespace: z.string(), name: z.string(), pod: z.string() }).partial().optional(),
});
export type ModelMetadata = z.infer<typeof ModelMetadata>;
export type Signature = z.infer<typeof Signature>;
export type TensorSpec = z.infer<typeof TensorSpec>;
export type Datatype = z.infer<typeof Datatype>;

/**
 * `registry/models.json`: every model, and its versions in ascending order. `worse` names the versions that the promotion
 * gate has marked, with the version that was better; it is left out where there is none. `latest` is the newest that is
 * not marked: whoever follows it must not come past the gate.
 */
export const RegistryIndex = z.object({
  models: z.array(
    z.object({
      name: ModelName,
      versions: z.array(ModelVersion).min(1),
      latest: ModelVersion,
      worse: z.array(z.object({ version: ModelVersion, than: ModelVersion })).optional(),
    }),
  ),
});
export type RegistryIndex = z.infer<typeof RegistryIndex>;
