/** How long after a rejection the server counts as overloaded, in milliseconds. */
const LASTS_MS = 100;

/** Whether requests are being rejected for lack of room: each rejection should then cost as little as possible. */
export class Overload {
  #rejectedAt = performance.now();

  constructor() {
    // Assign twice so that V8 does not constant-fold the field; otherwise the first rejection deoptimizes every reader.
    this.#rejectedAt = Number.NEGATIVE_INFINITY;
  }

  get isOn(): boolean {
    return performance.now() - this.#rejectedAt < LASTS_MS;
  }

  /** Records that a request was rejected. */
  rejected(): void {
    this.#rejectedAt = performance.now();
  }
}
