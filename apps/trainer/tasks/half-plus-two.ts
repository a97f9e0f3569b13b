import { z } from "zod";
import { internal } from "../errors.ts";
import { randomSource } from "../learn/random.ts";
import { encodeModel } from "../onnx/model.ts";
import { floatOutput, openSession, runValues } from "../onnx/session.ts";
import { wholeNumber } from "./parameters.ts";
import type { Task } from "./task.ts";

const Parameters = z.strictObject({
  /** Number of generated points to fit the line to. */
  pairs: wholeNumber(2, 1_000_000, 1000),
});

const DESCRIPTION = "y = 0.5 x + 2, fitted by least squares";

/** The "hello world" of model servers: a line through generated points (x, x/2 + 2). */
export const halfPlusTwo: Task<z.infer<typeof Parameters>> = {
  name: "half_plus_two",
  model: "half_plus_two",
  parameters: Parameters,
  sample: undefined,
  takesData: false,
  async train({ parameters, seed, log }) {
    const random = randomSource(seed);
    const draw = () => Float64Array.from({ length: parameters.pairs }, () => (random() - 0.5) * 20);
    const xs = draw();
    const { slope, intercept } = fitLine(xs, xs.map(half));
    log.event("fitted", { slope, intercept });
    const graph = encodeModel({
      name: "half_plus_two",
      description: DESCRIPTION,
      inputs: [{ name: "x", type: "float", shape: ["rows"] }],
      outputs: [{ name: "y", type: "float", shape: ["rows"] }],
      initializers: [
        { name: "slope", dims: [], values: [slope] },
        { name: "intercept", dims: [], values: [intercept] },
      ],
      nodes: [
        { op: "Mul", inputs: ["x", "slope"], outputs: ["scaled"] },
        { op: "Add", inputs: ["scaled", "intercept"], outputs: ["y"] },
      ],
    });
    const metrics = await measure(graph, Float32Array.from(draw()));
    log.event("measured", metrics);
    return {
      graph,
      description: DESCRIPTION,
      metrics,
      signature: {
        kind: "instances",
        inputs: [{ name: "x", datatype: "FP32", shape: [-1] }],
        outputs: [{ name: "y", datatype: "FP32", shape: [-1] }],
      },
    };
  },
};

function half(x: number): number {
  return 0.5 * x + 2;
}

/** Ordinary least squares: slope = cov(x, y) / var(x), intercept = mean(y) − slope · mean(x). */
export function fitLine(xs: Float64Array, ys: Float64Array): { slope: number; intercept: number } {
  const meanX = mean(xs);
  const meanY = mean(ys);
  let covariance = 0;
  let variance = 0;
  xs.forEach((x, i) => {
    covariance += (x - meanX) * ((ys[i] ?? 0) - meanY);
    variance += (x - meanX) ** 2;
  });
  const slope = covariance / variance;
  return { slope, intercept: meanY - slope * meanX };
}

async function measure(graph: Uint8Array, xs: Float32Array): Promise<{ mae: number; rmse: number }> {
  const session = await openSession(graph);
  const { values } = floatOutput(await runValues(session, xs), "y");
  await session.release();
  if (values.length !== xs.length) internal("the graph returned a different number of points");
  const errors = Float64Array.from(values, (y, i) => Math.abs(y - half(xs[i] ?? 0)));
  return { mae: mean(errors), rmse: Math.sqrt(mean(errors.map((error) => error ** 2))) };
}

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
