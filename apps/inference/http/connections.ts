import type { IncomingMessage, Server } from "node:http";
import { Socket } from "node:net";
import { SheddableRequest } from "./sheddable.ts";

/** How long a connection stays open for a client that is still sending after its response, in milliseconds. */
const LINGER_MS = 30_000;

/** The open connections of a server. */
export class Connections {
  readonly #sockets = new Set<Socket>();

  constructor(server: Server) {
    server.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.destroySoon = closeAfterBody;
      socket.once("close", () => this.#sockets.delete(socket));
    });
  }

  /**
   * Closes the connections on which nothing was received yet, such as those that a gateway opens in advance: to Node they have
   * a request in progress, and a server that closes would wait for it.
   */
  closeUnused(): void {
    for (const socket of this.#sockets) {
      if (socket.bytesRead === 0) {
        socket.destroy();
      }
    }
  }
}

/** A socket with the request that Node's parser reads from it. */
type ParsedSocket = Socket & { readonly parser?: { readonly incoming?: IncomingMessage | null } | null };

/**
 * What Node calls after the last response of a connection. Closing a connection on which a body is still arriving resets it,
 * and many clients (Python's urllib among them) would report the reset instead of the response, which they read only after
 * they have sent everything. So the rest of the body is read and dropped first.
 */
function closeAfterBody(this: ParsedSocket): void {
  const req = this.parser?.incoming;
  if (req === undefined || req === null || req.complete || this.destroyed) {
    Socket.prototype.destroySoon.call(this);
    return;
  }
  this.end();
  const timer = setTimeout(() => this.destroy(), LINGER_MS).unref();
  this.once("close", () => clearTimeout(timer));
  if (req instanceof SheddableRequest) {
    req.isUnread = false;
  }
  req.once("end", () => this.destroy()).resume();
}
