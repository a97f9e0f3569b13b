/** Where the server stands between start and exit; the routes read it, the shutdown moves it. */
export class Lifecycle {
  #phase: "serving" | "draining" | "parting" | "closing" = "serving";

  /** SIGTERM has come: not ready, though requests are still served. */
  get draining(): boolean {
    return this.#phase !== "serving";
  }

  /** The drain nears its end: every answer asks its client to let the connection go. */
  get parting(): boolean {
    return this.#phase === "parting" || this.#phase === "closing";
  }

  /** The drain is over: nothing new is accepted. */
  get closing(): boolean {
    return this.#phase === "closing";
  }

  drain(): void {
    if (this.#phase === "serving") {
      this.#phase = "draining";
    }
  }

  part(): void {
    this.#phase = "parting";
  }

  close(): void {
    this.#phase = "closing";
  }
}
