import type { Server } from "node:http";
import type { Socket } from "node:net";

const open = new WeakMap<Server, Set<Socket>>();

/** Remembers the connections of a server. */
export function watchConnections(server: Server): void {
  const sockets = new Set<Socket>();
  open.set(server, sockets);
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
}

/**
 * Closes the connections on which nothing has come yet, such as those that a gateway opens ahead of need: to Node they have
 * a request under way, and a server that closes would wait for it.
 */
export function closeUnused(server: Server): void {
  for (const socket of open.get(server) ?? []) {
    if (socket.bytesRead === 0) {
      socket.destroy();
    }
  }
}
