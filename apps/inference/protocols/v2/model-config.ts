import { MODEL_FILE } from "../../../registry/layout.ts";
import type { TensorSpec } from "../../../registry/metadata.ts";
import type { Model } from "../../model/model.ts";

/** One tensor in Triton's configuration of a model. */
interface TensorConfig {
  readonly name: string;
  /** `TYPE_` and the data type; `TYPE_STRING` for BYTES. */
  readonly data_type: string;
  /** Without the batch dimension; -1 for any size. */
  readonly dims: readonly number[];
}

/** The parts of Triton's configuration of a model that describe what this server does. */
export interface ModelConfig {
  readonly name: string;
  readonly platform: string;
  readonly backend: string;
  readonly version_policy: { readonly specific: { readonly versions: readonly number[] } };
  /** Most rows of one run; 0 if the tensors have no batch dimension. */
  readonly max_batch_size: number;
  readonly input: readonly TensorConfig[];
  readonly output: readonly TensorConfig[];
  readonly instance_group: readonly { readonly name: string; readonly kind: string; readonly count: number }[];
  readonly default_model_filename: string;
  readonly dynamic_batching?: {
    readonly preferred_batch_size: readonly number[];
    readonly max_queue_delay_microseconds: number;
  };
  readonly parameters: Readonly<Record<string, never>>;
}

/** Name of the platform, as Triton calls graphs in ONNX Runtime. */
export const PLATFORM = "onnxruntime_onnx";

/**
 * A model's configuration as Triton's clients expect it.
 * https://github.com/triton-inference-server/server/blob/main/docs/protocol/extension_model_configuration.md
 *
 * @param versions The served versions.
 * @param maxBatchSize Most rows of one run by the settings.
 */
export function modelConfig(
  { metadata, batched, maxRows }: Model,
  versions: readonly string[],
  maxBatchSize: number,
): ModelConfig {
  const { name, signature } = metadata;
  const tensor = ({ name, datatype, shape }: TensorSpec): TensorConfig => ({
    name,
    data_type: datatype === "BYTES" ? "TYPE_STRING" : `TYPE_${datatype}`,
    dims: batched ? shape.slice(1) : shape,
  });
  return {
    name,
    platform: PLATFORM,
    backend: "onnxruntime",
    version_policy: { specific: { versions: versions.map(Number) } },
    max_batch_size: batched ? Math.min(maxBatchSize, maxRows) : 0,
    input: signature.inputs.map(tensor),
    output: signature.outputs.map(tensor),
    instance_group: [{ name, kind: "KIND_CPU", count: 1 }],
    default_model_filename: MODEL_FILE,
    // What waits is run at once: there is no delay.
    ...(batched ? { dynamic_batching: { preferred_batch_size: [], max_queue_delay_microseconds: 0 } } : {}),
    parameters: {},
  };
}
