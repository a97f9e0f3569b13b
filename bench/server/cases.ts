/** The requests to a server. */
export interface Payload {
  readonly paths: readonly string[];
  readonly body: string;
  /** The message of a gRPC call to ModelInfer, instead of paths and body. @default an HTTP request */
  readonly message?: Buffer;
}

/** Rows of one request that are measured. */
export const ROWS = [1, 32] as const;

export type ModelCase = "iris" | "sentiment-classifier" | "half_plus_two";

const NAMED_FLOWER = { sepal_length: 5.1, sepal_width: 3.5, petal_length: 1.4, petal_width: 0.2 };
/** The features of a flower. */
export const FLOWER: readonly number[] = Object.values(NAMED_FLOWER);
const TEXT = { text: "The food was good and the waiters were kind, but we waited far too long for a table." };

const times = <T>(rows: number, value: T): T[] => Array.from({ length: rows }, () => value);

/** A request to `/predict`: one object for one row, a list for more. */
export function predictPayload(model: ModelCase, rows: number, paths: readonly string[] = ["/predict"]): Payload {
  if (model === "half_plus_two") return { paths, body: JSON.stringify({ instances: times(rows, 2) }) };
  const one = model === "iris" ? NAMED_FLOWER : TEXT;
  return { paths, body: JSON.stringify(rows === 1 ? one : times(rows, one)) };
}

/** The same flowers by the Open Inference Protocol. */
export function inferPayload(rows: number): Payload {
  const data = times(rows, FLOWER).flat();
  return {
    paths: ["/v2/models/iris/infer"],
    body: JSON.stringify({ inputs: [{ name: "predict", shape: [rows, 4], datatype: "FP32", data }] }),
  };
}
