/** How long after a refusal it counts as overload, in milliseconds. */
const LASTS_MS = 100;

/** Whether requests are being refused for want of room: then each should cost the others as little as can be. */
export class Overload {
  /** Whether any queue of this process refuses requests. */
  static readonly anywhere = new Overload();

  #refusedAt = Number.NEGATIVE_INFINITY;

  get isOn(): boolean {
    return performance.now() - this.#refusedAt < LASTS_MS;
  }

  /** A request has been refused. */
  refused(): void {
    this.#refusedAt = performance.now();
  }
}
