import { IncomingMessage, type RequestListener, type ServerResponse } from "node:http";

/**
 * A request whose body may be left unread. Node keeps what has come of a body that nobody reads, and reads it to its end once
 * the answer is out: half a dozen ticks for nothing.
 */
export class SheddableRequest extends IncomingMessage {
  /** Whether what comes of the body is dropped as it comes. @default false */
  declare isUnread: boolean;

  override push(chunk: unknown, encoding?: BufferEncoding): boolean {
    return this.isUnread || super.push(chunk, encoding);
  }
}
// On the prototype rather than in each request: there is one for each of thousands a second.
SheddableRequest.prototype.isUnread = false;

/** What a server of such requests calls for each. */
export type Handle = RequestListener<typeof SheddableRequest, typeof ServerResponse>;
