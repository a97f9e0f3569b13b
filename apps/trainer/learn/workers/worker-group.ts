/**
 * The workers of one training run. All of them run the same program; where the work is split, each does its share, and
 * all go on with the same merged result. Shares are named, so that a worker that was killed finds what is done already.
 */
export interface Crew {
  /** Number of workers. */
  readonly size: number;
  /**
   * The shares of all workers, merged.
   *
   * @param step name of the step, unique in the run, of letters, digits, `-` and `_`
   * @param share computes one worker's share; it must depend on nothing but the worker's number (0 … size − 1), the
   *   run's parameters and the results of earlier steps
   * @param merge merges the shares, which it is given in the order of the workers whoever came first
   */
  combine(
    step: string,
    share: (worker: number) => Uint8Array | Promise<Uint8Array>,
    merge: (shares: readonly Uint8Array[]) => Uint8Array,
  ): Promise<Uint8Array>;
}

/** One process that does everything. */
export const alone: Crew = {
  size: 1,
  async combine(_step, share, merge) {
    return merge([await share(0)]);
  },
};

/** The part of `items` that is a worker's own: contiguous, and of the same length for all but for one item. */
export function shardOf(items: number, worker: number, size: number): { readonly from: number; readonly to: number } {
  const start = (number: number) => Math.floor((items * number) / size);
  return { from: start(worker), to: start(worker + 1) };
}

/** Remembers what `make` made for each worker. */
export function remembered<T>(make: (worker: number) => T): (worker: number) => T {
  const made = new Map<number, T>();
  return (worker) => {
    const found = made.get(worker);
    if (found !== undefined) return found;
    const fresh = make(worker);
    made.set(worker, fresh);
    return fresh;
  };
}
