import type { ReadableSpan, SpanExporter } from "@opentelemetry/sdk-trace-base";
import type { Logger } from "../logger.ts";

type Done = Parameters<SpanExporter["export"]>[1];

/** ExportResultCode.SUCCESS of @opentelemetry/core. */
const SUCCESS = 0;

/** Hands spans on to an exporter, and logs when it begins to fail, when it works again, and how many spans that cost. */
export class Delivery implements SpanExporter {
  readonly #exporter: SpanExporter;
  readonly #logger: Logger;
  readonly #collector: string;
  readonly #maxWaiting: number;
  #waiting = 0;
  #underWay = 0;
  #lost = 0;
  #isFailing = false;

  /**
   * @param collector Where the exporter sends them, for the log.
   * @param maxWaiting Most spans that wait to be handed on.
   */
  constructor(exporter: SpanExporter, logger: Logger, collector: string, maxWaiting: number) {
    this.#exporter = exporter;
    this.#logger = logger;
    this.#collector = collector;
    this.#maxWaiting = maxWaiting;
  }

  /** Whether the last spans could not be sent. */
  get isFailing(): boolean {
    return this.#isFailing;
  }

  /** Whether one more span may wait; where it may not, it is lost. */
  admit(): boolean {
    if (this.#waiting >= this.#maxWaiting) {
      this.#lose(1, "more spans come than can be sent");
      return false;
    }
    this.#waiting += 1;
    return true;
  }

  export(spans: ReadableSpan[], done: Done): void {
    this.#waiting -= spans.length;
    this.#underWay += spans.length;
    const lostBefore = this.#lost;
    this.#exporter.export(spans, ({ code, error }) => {
      this.#underWay -= spans.length;
      if (code !== SUCCESS) {
        this.#lose(spans.length, error?.message ?? "unknown");
      } else if (this.#isFailing && this.#lost === lostBefore) {
        this.#works();
      }
      // That it failed has been told: whoever is told here throws it away.
      done({ code: SUCCESS });
    });
  }

  async forceFlush(): Promise<void> {
    await this.#exporter.forceFlush?.();
  }

  shutdown(): Promise<void> {
    return this.#exporter.shutdown();
  }

  /** The process ends: says how many spans were lost since sending last worked, with those that are under way. */
  end(): void {
    const lost = this.#lost + this.#underWay;
    if (lost > 0) {
      this.#logger.warn({ collector: this.#collector, lost }, "the last spans were not sent");
    }
  }

  #works(): void {
    this.#isFailing = false;
    this.#logger.info({ collector: this.#collector, lost: this.#lost }, "spans are sent again");
    this.#lost = 0;
  }

  #lose(count: number, reason: string): void {
    this.#lost += count;
    if (!this.#isFailing) {
      this.#isFailing = true;
      const facts = { collector: this.#collector, reason, lost: this.#lost };
      this.#logger.warn(facts, "spans are lost: they cannot be sent to the collector");
    }
  }
}
