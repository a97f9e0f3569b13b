/** The signals that shut the server down in an orderly way. */
export const SIGNALS = ["SIGTERM", "SIGINT"] as const;

/** The phase of the server between start and exit: the shutdown advances it, request handlers read it. */
export class Lifecycle {
  #phase: "serving" | "draining" | "closing" | "stopped" = "serving";

  /** SIGTERM was received: the server is not ready, though it still serves requests. */
  get draining(): boolean {
    return this.#phase !== "serving";
  }

  /** The drain is nearly over: every response carries `Connection: close`. */
  get closing(): boolean {
    return this.#phase === "closing" || this.#phase === "stopped";
  }

  /** The drain is over: the server accepts no new requests. */
  get stopped(): boolean {
    return this.#phase === "stopped";
  }

  drain(): void {
    if (this.#phase === "serving") {
      this.#phase = "draining";
    }
  }

  close(): void {
    this.#phase = "closing";
  }

  stop(): void {
    this.#phase = "stopped";
  }
}
