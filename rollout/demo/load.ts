import { Agent, request } from "node:http";

/** Requests at a constant rate, whatever the answers are. */
export interface LoadOptions {
  /** Where they go. */
  readonly url: URL;
  readonly requestsPerSecond: number;
  /** Share of the requests with a flower that no field guide knows, 0–1. @default 0.02 */
  readonly rareShare?: number;
}

/** A request that was not answered with 200. */
export interface Failure {
  /** When it was sent; milliseconds since 1970. */
  readonly at: number;
  /** HTTP status, or what broke the connection. */
  readonly what: string;
  readonly rare: boolean;
}

/** What a load has come to. */
export interface LoadResult {
  readonly sent: number;
  readonly failures: readonly Failure[];
}

const USUAL = { sepal_length: 5.1, sepal_width: 3.5, petal_length: 1.4, petal_width: 0.2 };
const RARE = { ...USUAL, sepal_length: 999 };

/** Requests that may be under way at once; more of them would only measure this machine. */
const MOST_OPEN = 200;

/** Milliseconds between two bunches. */
const TICK = 20;

/** Milliseconds that an answer may take. */
const TIMEOUT = 30_000;

/** A load that runs until it is stopped. */
export class Load {
  readonly #options: LoadOptions;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: MOST_OPEN });
  readonly #failures: Failure[] = [];
  readonly #open = new Set<Promise<void>>();
  #timer: NodeJS.Timeout | undefined;
  #sent = 0;

  constructor(options: LoadOptions) {
    this.#options = options;
  }

  get result(): LoadResult {
    return { sent: this.#sent, failures: [...this.#failures] };
  }

  /** Begins, or goes on after a pause. */
  start(): void {
    if (this.#timer !== undefined) return;
    let last = performance.now();
    let due = 0;
    this.#timer = setInterval(() => {
      const now = performance.now();
      // After a stall of this process the missed requests are not sent all at once.
      due += (Math.min(now - last, 1000) / 1000) * this.#options.requestsPerSecond;
      last = now;
      for (; due >= 1; due -= 1) this.#send();
    }, TICK);
  }

  /** Sends no more, and waits for what is under way. */
  async stop(): Promise<LoadResult> {
    clearInterval(this.#timer);
    this.#timer = undefined;
    await Promise.all(this.#open);
    return this.result;
  }

  /** Ends the load for good. */
  async end(): Promise<LoadResult> {
    const result = await this.stop();
    this.#agent.destroy();
    return result;
  }

  #send(): void {
    if (this.#open.size >= MOST_OPEN) return;
    this.#sent += 1;
    // Drawn, not counted: a gateway that takes turns would give every fiftieth request to the same version.
    const rare = Math.random() < (this.#options.rareShare ?? 0.02);
    const sending = this.#predict(rare).finally(() => this.#open.delete(sending));
    this.#open.add(sending);
  }

  #predict(rare: boolean): Promise<void> {
    const at = Date.now();
    const body = JSON.stringify(rare ? RARE : USUAL);
    const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
    return new Promise((resolve) => {
      const failed = (what: string) => {
        this.#failures.push({ at, what, rare });
        resolve();
      };
      const sent = request(
        this.#options.url,
        { method: "POST", agent: this.#agent, headers, timeout: TIMEOUT },
        (response) => {
          response.resume();
          response.on("error", (error) => failed(error.message));
          response.on("end", () => (response.statusCode === 200 ? resolve() : failed(String(response.statusCode))));
        },
      );
      sent.on("timeout", () => sent.destroy(new Error(`no answer in ${TIMEOUT / 1000} s`)));
      sent.on("error", (error) => failed(error.message));
      sent.end(body);
    });
  }
}
