/** How long after a refusal it counts as overload, in milliseconds. */
const LASTS_MS = 100;

/** Whether requests are being refused for want of room: then each should cost the others as little as can be. */
export class Overload {
  /** Whether any queue of this process refuses requests. */
  static readonly anywhere = new Overload();

  #refusedAt = performance.now();

  constructor() {
    // Written a second time: what is written once, V8 takes for a constant, and the first refusal, when there is the least
    // time for it, has all code compiled anew that asks for it.
    this.#refusedAt = Number.NEGATIVE_INFINITY;
  }

  get isOn(): boolean {
    return performance.now() - this.#refusedAt < LASTS_MS;
  }

  /** A request has been refused. */
  refused(): void {
    this.#refusedAt = performance.now();
  }
}
