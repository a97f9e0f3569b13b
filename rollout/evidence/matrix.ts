import { z } from "zod";

/** One counter over time. */
export interface Series {
  readonly labels: Readonly<Record<string, string>>;
  /** Times in seconds since 1970, and values. */
  readonly samples: readonly (readonly [time: number, value: number])[];
}

const Answer = z.union([
  z.object({
    status: z.literal("success"),
    data: z.object({
      resultType: z.literal("matrix"),
      result: z.array(
        z.object({
          metric: z.record(z.string(), z.string()),
          values: z.array(z.tuple([z.number(), z.string()])).min(1),
        }),
      ),
    }),
  }),
  z.object({ status: z.literal("success"), data: z.object({ resultType: z.string() }) }),
  z.object({ status: z.literal("error"), errorType: z.string(), error: z.string() }),
]);

/** An answer of Prometheus that cannot be used. */
export class PrometheusError extends Error {
  override readonly name = "PrometheusError";
}

/**
 * The series in an answer of Prometheus' `/api/v1/query` to a range query.
 *
 * Values that are no number (a stale marker, a division by zero) are left out.
 *
 * @throws PrometheusError if it is an error, or something else than a matrix
 * @see https://prometheus.io/docs/prometheus/latest/querying/api/
 */
export function readMatrix(body: unknown): Series[] {
  const { data: answer } = Answer.safeParse(body);
  if (answer === undefined) throw new PrometheusError("Prometheus: the answer has no result");
  if (answer.status === "error") throw new PrometheusError(`Prometheus: ${answer.errorType}: ${answer.error}`);
  if (!("result" in answer.data)) {
    throw new PrometheusError(`Prometheus: the result is a ${answer.data.resultType}, not a matrix`);
  }
  return answer.data.result.map(({ metric, values }) => ({
    labels: metric,
    samples: values.map(([time, text]) => [time, Number(text)] as const).filter(([, value]) => Number.isFinite(value)),
  }));
}
