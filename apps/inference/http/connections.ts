import type { Server } from "node:http";
import type { Socket } from "node:net";

/** The open connections of a server. */
export class Connections {
  readonly #sockets = new Set<Socket>();

  constructor(server: Server) {
    server.on("connection", (socket) => {
      this.#sockets.add(socket);
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
