/** A smooth convex function: value and gradient at a point, and the Hessian at the last point that was evaluated. */
export interface Objective {
  /** Writes the gradient into `gradient` and returns the value. */
  evaluate(point: Float64Array, gradient: Float64Array): number | Promise<number>;
  /** Writes the Hessian times `vector` into `product`. */
  multiply(vector: Float64Array, product: Float64Array): void | Promise<void>;
}

export interface MinimizeOptions {
  /** Stop when no component of the gradient is larger than this. Default 1e-4, as in scikit-learn. */
  readonly tolerance?: number;
  /** Maximum number of iterations. Default 200. */
  readonly maxIterations?: number;
  /** Called and awaited after every iteration. */
  readonly onIteration?: (iteration: number, value: number, gradientMax: number) => void | Promise<void>;
}

export interface Minimum {
  readonly point: Float64Array;
  readonly value: number;
  readonly iterations: number;
  /** Whether the tolerance was reached. */
  readonly converged: boolean;
}

/** Armijo's sufficient-decrease constant. */
const DECREASE = 1e-4;
/** Relative residual at which conjugate gradients stop, as in Lin, Weng & Keerthi, JMLR 9, 2008. */
const RESIDUAL = 0.1;
/** Maximum number of products with the Hessian in one iteration. */
const MOST_PRODUCTS = 200;

/**
 * Minimizes a convex function from `start` by the line search Newton-CG method (Nocedal & Wright, Numerical Optimization,
 * 2nd ed., algorithm 7.1) with a backtracking line search: the Newton step is found by conjugate gradients.
 */
export async function minimize(
  objective: Objective,
  start: Float64Array,
  options: MinimizeOptions = {},
): Promise<Minimum> {
  const { tolerance = 1e-4, maxIterations = 200, onIteration } = options;
  let point = Float64Array.from(start);
  let trial = new Float64Array(point.length);
  const gradient = new Float64Array(point.length);
  let value = await objective.evaluate(point, gradient);
  let steepest = largest(gradient);
  for (let iteration = 1; iteration <= maxIterations; iteration++) {
    if (steepest <= tolerance) return { point, value, iterations: iteration - 1, converged: true };
    const direction = await newtonDirection(objective, gradient);
    const slope = dot(direction, gradient);
    let reached = Number.POSITIVE_INFINITY;
    let length = 2;
    while (!(reached <= value + DECREASE * length * slope)) {
      length /= 2;
      if (length < 1e-12) return { point, value, iterations: iteration - 1, converged: false };
      for (let i = 0; i < trial.length; i++) trial[i] = (point[i] ?? 0) + length * (direction[i] ?? 0);
      reached = await objective.evaluate(trial, gradient);
    }
    [point, trial] = [trial, point];
    value = reached;
    steepest = largest(gradient);
    await onIteration?.(iteration, value, steepest);
  }
  return { point, value, iterations: maxIterations, converged: steepest <= tolerance };
}

/** Solves H d = −g by conjugate gradients, until the residual is a tenth of the gradient. */
async function newtonDirection(objective: Objective, gradient: Float64Array): Promise<Float64Array> {
  const direction = new Float64Array(gradient.length);
  const product = new Float64Array(gradient.length);
  const residual = Float64Array.from(gradient);
  const search = gradient.map((component) => -component);
  let squares = dot(residual, residual);
  const small = RESIDUAL ** 2 * squares;
  for (let count = 0; count < MOST_PRODUCTS && squares > small; count++) {
    await objective.multiply(search, product);
    const curvature = dot(search, product);
    // No curvature beyond rounding error. Fall back to steepest descent if this is the first direction.
    if (!(curvature > 1e-14 * dot(search, search))) return count === 0 ? search : direction;
    const step = squares / curvature;
    for (let i = 0; i < direction.length; i++) {
      direction[i] = (direction[i] ?? 0) + step * (search[i] ?? 0);
      residual[i] = (residual[i] ?? 0) + step * (product[i] ?? 0);
    }
    const before = squares;
    squares = dot(residual, residual);
    for (let i = 0; i < search.length; i++) search[i] = (squares / before) * (search[i] ?? 0) - (residual[i] ?? 0);
  }
  return direction;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}

function largest(vector: Float64Array): number {
  let most = 0;
  for (let i = 0; i < vector.length; i++) {
    const size = Math.abs(vector[i] ?? 0);
    if (size > most) most = size;
  }
  return most;
}
