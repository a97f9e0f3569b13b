import type { ReadableSpan, SpanExporter } from "@opentelemetry/sdk-trace-base";
import type { Logger } from "../logger.ts";

type Done = Parameters<SpanExporter["export"]>[1];

/** ExportResultCode.SUCCESS of @opentelemetry/core. */
const SUCCESS = 0;

/** Passes spans to an exporter. Logs when exporting begins to fail, when it works again, and how many spans were lost. */
export class LoggingExporter implements SpanExporter {
  readonly #exporter: SpanExporter;
  readonly #logger: Logger;
  readonly #collector: string;
  readonly #maxWaiting: number;
  #waiting = 0;
  #pending = 0;
  #lost = 0;
  #isFailing = false;

  /**
   * @param collector The exporter's target, for the log.
   * @param maxWaiting Most spans that wait to be exported.
   */
  constructor(exporter: SpanExporter, logger: Logger, collector: string, maxWaiting: number) {
    this.#exporter = exporter;
    this.#logger = logger;
    this.#collector = collector;
    this.#maxWaiting = maxWaiting;
  }

  /** Whether the last export failed. */
  get isFailing(): boolean {
    return this.#isFailing;
  }

  /** Whether one more span may wait; if not, it is lost. */
  admit(): boolean {
    if (this.#waiting >= this.#maxWaiting) {
      this.#lose(1, "spans are created faster than they can be sent");
      return false;
    }
    this.#waiting += 1;
    return true;
  }

  export(spans: ReadableSpan[], done: Done): void {
    this.#waiting -= spans.length;
    this.#pending += spans.length;
    const lostBefore = this.#lost;
    this.#exporter.export(spans, ({ code, error }) => {
      this.#pending -= spans.length;
      if (code !== SUCCESS) {
        this.#lose(spans.length, error?.message ?? "unknown");
      } else if (this.#isFailing && this.#lost === lostBefore) {
        this.#recover();
      }
      // The failure has been logged; the processor would ignore it.
      done({ code: SUCCESS });
    });
  }

  async forceFlush(): Promise<void> {
    await this.#exporter.forceFlush?.();
  }

  shutdown(): Promise<void> {
    return this.#exporter.shutdown();
  }

  /** Logs, before the process exits, how many spans were lost since the last successful export, including pending ones. */
  end(): void {
    const lost = this.#lost + this.#pending;
    if (lost > 0) {
      this.#logger.warn({ collector: this.#collector, lost }, "the last spans were not sent");
    }
  }

  #recover(): void {
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
