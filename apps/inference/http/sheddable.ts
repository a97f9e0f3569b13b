import { IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import type { Socket } from "node:net";

/**
 * A request whose body may be left unread. Node keeps what has come of a body that nobody reads, and reads it to its end once
 * the answer is out: half a dozen ticks for nothing.
 *
 * To V8 a request with a field more or less, or with another value in a field that was written once only, is of another kind,
 * and code compiled for the one is compiled anew for the other. So that this does not happen with the first refusal, when
 * there is the least time for it, all requests are of one kind from the beginning.
 */
export class SheddableRequest extends IncomingMessage {
  /** Whether what comes of the body is dropped as it comes. @default false */
  isUnread = true;
  // Events count listeners here, and Koa keeps the parsed address, each from its first use on.
  protected _eventsCount = 0;
  protected _parsedUrl = undefined;

  constructor(socket: Socket) {
    super(socket);
    this.isUnread = false;
  }

  override push(chunk: unknown, encoding?: BufferEncoding): boolean {
    return this.isUnread || super.push(chunk, encoding);
  }

  /** Node's way to have a body read to its end that nobody has asked for. */
  protected _dump(): void {
    if (!this.isUnread) {
      dump.call(this);
    }
  }
}

const { _dump: dump } = IncomingMessage.prototype as unknown as { _dump(this: IncomingMessage): void };

/** What a server of such requests calls for each. */
export type Handle = RequestListener<typeof SheddableRequest, typeof ServerResponse>;

/** Has whatever comes of a request's body dropped. Only before any of it can have come: what has is not read any more. */
export function leaveUnread(req: IncomingMessage): void {
  if (req instanceof SheddableRequest) {
    req.isUnread = true;
  }
}
