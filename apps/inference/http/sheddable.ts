import { IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import type { Socket } from "node:net";

/**
 * A request whose body can be left unread. Node would otherwise buffer a body that nobody reads, and read it to its end after
 * the response.
 *
 * All fields are set in the constructor, `isUnread` twice: V8 then sees the same kind of object whether a request is served or
 * rejected, so that the first rejection does not deoptimize code.
 */
export class SheddableRequest extends IncomingMessage {
  /** Whether arriving parts of the body are dropped. @default false */
  isUnread = true;
  // Fields that Node's event emitter and Koa would otherwise add on first use.
  protected _eventsCount = 0;
  protected _parsedUrl = undefined;

  constructor(socket: Socket) {
    super(socket);
    this.isUnread = false;
  }

  override push(chunk: unknown, encoding?: BufferEncoding): boolean {
    return this.isUnread || super.push(chunk, encoding);
  }

  /** Called by Node after the response, to read an unread body to its end. */
  protected _dump(): void {
    if (!this.isUnread) {
      dump.call(this);
    }
  }
}

const { _dump: dump } = IncomingMessage.prototype as unknown as { _dump(this: IncomingMessage): void };

/** The request handler of a server of such requests. */
export type Handle = RequestListener<typeof SheddableRequest, typeof ServerResponse>;

/** Drops the body of a request. Only valid before any of it may have arrived, because it cannot be read afterwards. */
export function leaveUnread(req: IncomingMessage): void {
  if (req instanceof SheddableRequest) {
    req.isUnread = true;
  }
}
