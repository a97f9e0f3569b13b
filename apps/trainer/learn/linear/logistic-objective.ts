import { addVectors, decodeVector, encodeVector } from "../workers/vectors.ts";
import type { Crew } from "../workers/worker-group.ts";
import type { LogisticData } from "./logistic.ts";
import { addCurvature, lossAndGradient, scoreVectors } from "./logistic-sums.ts";
import type { Objective } from "./newton.ts";

/** Probabilities of a shard's rows at the point that was evaluated as number `evaluation`. */
interface ShardState {
  evaluation: number;
  readonly probabilities: Float64Array;
}

/**
 * The penalised loss of logistic regression, a mean over the rows so that the tolerance of its gradient is comparable. Its
 * sums are made of those of the workers of `crew`, each over its own shard; `step` names the work in the crew's run.
 */
export class LogisticObjective implements Objective {
  /** Length of a point: for each score vector its weights, then its intercept. */
  readonly size: number;
  readonly #data: LogisticData;
  readonly #classes: number;
  readonly #penalty: number;
  readonly #crew: Crew;
  readonly #step: string;
  readonly #states = new Map<number, ShardState>();
  #point: Float64Array;
  #evaluations = 0;
  #products = 0;

  constructor(data: LogisticData, classes: number, inversePenalty: number, crew: Crew, step: string) {
    this.size = scoreVectors(classes) * (data.width + 1);
    this.#data = data;
    this.#classes = classes;
    this.#penalty = 1 / (inversePenalty * data.rows);
    this.#crew = crew;
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
      // A worker that has been started again, or computes another's share, has not seen the point.
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

  /** Writes the sum of the workers' vectors into `total`, and returns that of their values. */
  async #sum(
    step: string,
    total: Float64Array,
    share: (worker: number, sum: Float64Array) => Promise<number>,
  ): Promise<number> {
    total.fill(0);
    if (this.#crew.size === 1) return share(0, total);
    const own = async (worker: number) => {
      const sum = new Float64Array(this.size + 1);
      sum[this.size] = await share(worker, sum.subarray(0, this.size));
      return encodeVector(sum);
    };
    const sum = decodeVector(await this.#crew.combine(step, own, addVectors));
    total.set(sum.subarray(0, this.size));
    return sum[this.size] ?? 0;
  }

  /** Makes a mean of the sums and adds the penalty's part, which is that of the weights alone; returns their squares. */
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
