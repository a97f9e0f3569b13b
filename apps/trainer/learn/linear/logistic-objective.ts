import { addVectors, decodeVector, encodeVector } from "../workers/vectors.ts";
import type { WorkerGroup } from "../workers/worker-group.ts";
import { addCurvature, type LogisticData, lossAndGradient, scoreVectors } from "./logistic-sums.ts";
import type { Objective } from "./newton.ts";

/** Probabilities of a shard's rows at the point of a certain evaluation. */
interface ShardState {
  evaluation: number;
  readonly probabilities: Float64Array;
}

/**
 * The penalized loss of logistic regression. It is a mean over the rows, so that the tolerance of the gradient does not
 * depend on their number. Each worker sums over its own shard; `step` is the prefix of the steps' names, unique within the
 * run.
 */
export class LogisticObjective implements Objective {
  /** Length of a point: for each score vector its weights, then its intercept. */
  readonly size: number;
  readonly #data: LogisticData;
  readonly #classes: number;
  readonly #penalty: number;
  readonly #workers: WorkerGroup;
  readonly #step: string;
  readonly #states = new Map<number, ShardState>();
  #point: Float64Array;
  #evaluations = 0;
  #products = 0;

  constructor(data: LogisticData, classes: number, inversePenalty: number, workers: WorkerGroup, step: string) {
    this.size = scoreVectors(classes) * (data.width + 1);
    this.#data = data;
    this.#classes = classes;
    this.#penalty = 1 / (inversePenalty * data.rows);
    this.#workers = workers;
    this.#step = step;
    this.#point = new Float64Array(this.size);
  }

  async evaluate(point: Float64Array, gradient: Float64Array): Promise<number> {
    this.#point.set(point);
    this.#evaluations += 1;
    const loss = await this.#sum(`${this.#step}-${this.#evaluations}`, gradient, (worker, sum) =>
      this.#evaluateShard(worker, sum),
    );
    return loss / this.#data.rows + (this.#penalty / 2) * this.#finish(point, gradient);
  }

  async multiply(vector: Float64Array, product: Float64Array): Promise<void> {
    this.#products += 1;
    await this.#sum(`${this.#step}-curvature-${this.#products}`, product, async (worker, sum) => {
      // A restarted worker, or one that computes another worker's share, has not evaluated this point yet.
      if (this.#states.get(worker)?.evaluation !== this.#evaluations)
        await this.#evaluateShard(worker, new Float64Array(this.size));
      const { probabilities } = this.#states.get(worker) ?? { probabilities: new Float64Array() };
      addCurvature(await this.#data.shard(worker), this.#classes, probabilities, vector, sum);
      return 0;
    });
    this.#finish(vector, product);
  }

  async #evaluateShard(worker: number, gradient: Float64Array): Promise<number> {
    const shard = await this.#data.shard(worker);
    const size = shard.features.rows * scoreVectors(this.#classes);
    const state = this.#states.get(worker) ?? { evaluation: 0, probabilities: new Float64Array(size) };
    this.#states.set(worker, state);
    state.evaluation = this.#evaluations;
    return lossAndGradient(shard, this.#classes, this.#point, gradient, state.probabilities);
  }

  /** Writes the sum of the workers' vectors into `total` and returns the sum of their values. */
  async #sum(
    step: string,
    total: Float64Array,
    share: (worker: number, sum: Float64Array) => Promise<number>,
  ): Promise<number> {
    total.fill(0);
    if (this.#workers.size === 1) return share(0, total);
    const own = async (worker: number) => {
      const sum = new Float64Array(this.size + 1);
      sum[this.size] = await share(worker, sum.subarray(0, this.size));
      return encodeVector(sum);
    };
    const sum = decodeVector(await this.#workers.combine(step, own, addVectors));
    total.set(sum.subarray(0, this.size));
    return sum[this.size] ?? 0;
  }

  /** Divides the sums by the number of rows and adds the penalty of the weights; returns the sum of the squared weights. */
  #finish(vector: Float64Array, sums: Float64Array): number {
    const { width, rows } = this.#data;
    let squares = 0;
    for (let base = 0; base < this.size; base += width + 1) {
      for (let i = base; i < base + width; i++) {
        const weight = vector[i] ?? 0;
        squares += weight * weight;
        sums[i] = (sums[i] ?? 0) / rows + this.#penalty * weight;
      }
      sums[base + width] = (sums[base + width] ?? 0) / rows;
    }
    return squares;
  }
}
