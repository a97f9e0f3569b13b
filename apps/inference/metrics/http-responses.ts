import type { Sample } from "./families.ts";

/** Above every HTTP status. */
const STATUSES = 600;

/** Counts responses by method and status. On every request, so counts are array elements, without a look-up for POST. */
export class HttpResponses {
  readonly #posts = new Float64Array(STATUSES);
  /** Bounded: Node's parser accepts only three dozen methods. */
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
