/** Value and gradient of a smooth function at a point; the gradient is written into `gradient`. */
export type Objective = (point: Float64Array, gradient: Float64Array) => number | Promise<number>;

export interface MinimiseOptions {
  /** Stop when no component of the gradient is larger than this. Default 1e-4, as scikit-learn has it. */
  readonly tolerance?: number;
  /** Most iterations. Default 200. */
  readonly maxIterations?: number;
  /** Told after every iteration, and waited for. */
  readonly onIteration?: (iteration: number, value: number, gradientMax: number) => void | Promise<void>;
}

export interface Minimum {
  readonly point: Float64Array;
  readonly value: number;
  readonly iterations: number;
  /** Whether the tolerance was reached. */
  readonly converged: boolean;
}

/** Pairs of steps and gradient changes remembered. */
const MEMORY = 10;
/** Armijo's sufficient decrease. */
const DECREASE = 1e-4;

interface Pair {
  readonly step: Float64Array;
  readonly change: Float64Array;
  readonly curvature: number;
}

/**
 * Minimises a convex function from `start` by L-BFGS (two-loop recursion: Nocedal & Wright, Numerical Optimization,
 * 2nd ed., algorithms 7.4 and 7.5) with a backtracking line search.
 */
export async function minimise(
  objective: Objective,
  start: Float64Array,
  options: MinimiseOptions = {},
): Promise<Minimum> {
  const { tolerance = 1e-4, maxIterations = 200, onIteration } = options;
  let point = Float64Array.from(start);
  let gradient = new Float64Array(point.length);
  let value = await objective(point, gradient);
  let steepest = largest(gradient);
  const pairs: Pair[] = [];
  for (let iteration = 1; iteration <= maxIterations; iteration++) {
    if (steepest <= tolerance) return { point, value, iterations: iteration - 1, converged: true };
    const direction = descentDirection(gradient, pairs);
    const slope = dot(direction, gradient);
    const next = await search(objective, point, value, direction, slope);
    if (!next) return { point, value, iterations: iteration - 1, converged: false };
    const step = difference(next.point, point);
    const change = difference(next.gradient, gradient);
    const curvature = dot(step, change);
    if (curvature > 1e-12) pairs.push({ step, change, curvature });
    if (pairs.length > MEMORY) pairs.shift();
    ({ point, gradient, value } = next);
    steepest = largest(gradient);
    await onIteration?.(iteration, value, steepest);
  }
  return { point, value, iterations: maxIterations, converged: steepest <= tolerance };
}

function descentDirection(gradient: Float64Array, pairs: readonly Pair[]): Float64Array {
  const direction = new Float64Array(gradient.length);
  for (let k = 0; k < direction.length; k++) direction[k] = -(gradient[k] ?? 0);
  const last = pairs.at(-1);
  if (!last) {
    const size = Math.sqrt(dot(gradient, gradient));
    return size > 1 ? direction.map((component) => component / size) : direction;
  }
  const shares = new Float64Array(pairs.length);
  for (let i = pairs.length - 1; i >= 0; i--) {
    const pair = pairs[i] ?? last;
    shares[i] = dot(pair.step, direction) / pair.curvature;
    addScaled(direction, pair.change, -(shares[i] ?? 0));
  }
  const scale = last.curvature / dot(last.change, last.change);
  for (let k = 0; k < direction.length; k++) direction[k] = (direction[k] ?? 0) * scale;
  pairs.forEach((pair, i) => {
    addScaled(direction, pair.step, (shares[i] ?? 0) - dot(pair.change, direction) / pair.curvature);
  });
  return direction;
}

async function search(objective: Objective, from: Float64Array, value: number, direction: Float64Array, slope: number) {
  const gradient = new Float64Array(from.length);
  for (let length = 1; length > 1e-12; length /= 2) {
    const point = Float64Array.from(from);
    addScaled(point, direction, length);
    const reached = await objective(point, gradient);
    if (reached <= value + DECREASE * length * slope) return { point, value: reached, gradient };
  }
  return undefined;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}

function addScaled(target: Float64Array, source: Float64Array, factor: number): void {
  for (let i = 0; i < target.length; i++) target[i] = (target[i] ?? 0) + factor * (source[i] ?? 0);
}

function difference(a: Float64Array, b: Float64Array): Float64Array {
  const result = new Float64Array(a.length);
  for (let i = 0; i < result.length; i++) result[i] = (a[i] ?? 0) - (b[i] ?? 0);
  return result;
}

function largest(vector: Float64Array): number {
  let most = 0;
  for (let i = 0; i < vector.length; i++) {
    const size = Math.abs(vector[i] ?? 0);
    if (size > most) most = size;
  }
  return most;
}
