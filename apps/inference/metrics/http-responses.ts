import type { Sample } from "./families.ts";

/** Above every status that HTTP has. */
const STATUSES = 600;

/** How many answers there were by method and status. Counted for every request: a number in an array, and no look-up for POST. */
export class HttpResponses {
  readonly #posts = new Float64Array(STATUSES);
  /** Node's parser knows three dozen methods: callers cannot make up more. */
  readonly #methods = new Map([["POST", this.#posts]]);

  count(method: string, status: number): void {
    const counts = method === "POST" ? this.#posts : this.#of(method);
    counts[status] = (counts[status] ?? 0) + 1;
  }

  samples(): Sample[] {
    return [...this.#methods].flatMap(([method, counts]) =>
      [...counts.entries()]
        .filter(([, value]) => value > 0)
        .map(([code, value]) => ({ labels: { method, code }, value })),
    );
  }

  #of(method: string): Float64Array {
    const found = this.#methods.get(method) ?? new Float64Array(STATUSES);
    this.#methods.set(method, found);
    return found;
  }
}
