/**
 * The workers of one training run. All of them run the same program. Where the work is split, each computes its share,
 * and all continue with the same merged result. Shares are stored by name, so that a restarted worker finds those that
 * are already done.
 */
export interface WorkerGroup {
  /** Number of workers. */
  readonly size: number;
  /**
   * Computes the shares of all workers and merges them.
   *
   * @param step name of the step, unique within the run: letters, digits, `-` and `_`
   * @param share computes one worker's share; it may depend only on the worker's number (0 … size − 1), the parameters
   *   of the run and the results of earlier steps
   * @param merge merges the shares, which are given in the order of the workers, whichever finished first
   */
  combine(
    step: string,
    share: (worker: number) => Uint8Array | Promise<Uint8Array>,
    merge: (shares: readonly Uint8Array[]) => Uint8Array,
  ): Promise<Uint8Array>;
}

/** A group of one: this process does all the work. */
export const singleWorker: WorkerGroup = {
  size: 1,
  async combine(_step, share, merge) {
    return merge([await share(0)]);
  },
};

/** The contiguous part of `items` that belongs to a worker. The parts differ in length by at most one item. */
export function shardOf(items: number, worker: number, size: number): { readonly from: number; readonly to: number } {
  const start = (number: number) => Math.floor((items * number) / size);
  return { from: start(worker), to: start(worker + 1) };
}

/** Calls `make` at most once for each worker and keeps the result. */
export function memoizeByWorker<T>(make: (worker: number) => T): (worker: number) => T {
  const made = new Map<number, T>();
  return (worker) => {
    const found = made.get(worker);
    if (found !== undefined) return found;
    const fresh = make(worker);
    made.set(worker, fresh);
    return fresh;
  };
}
