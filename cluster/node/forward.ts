import { connect, createServer, type Server, type Socket } from "node:net";

/** A listener on 127.0.0.1 and the target of its connections. Port 0 listens on any free port. */
export interface Forward {
  readonly port: number;
  readonly targetHost: string;
  readonly targetPort: number;
}

/**
 * Forwards TCP connections from 127.0.0.1 to a target, with backpressure and half-closed connections. A failure on one side
 * resets the other, so that neither waits for a peer that is gone.
 * Resolves once it listens; rejects with the listener's error (EADDRINUSE if the port is taken).
 */
export function startForward({ port, targetHost, targetPort }: Forward): Promise<Server> {
  const server = createServer(
    { allowHalfOpen: true, noDelay: true, keepAlive: true, keepAliveInitialDelay: 30_000 },
    (client) => {
      const target = connect({
        host: targetHost,
        port: targetPort,
        allowHalfOpen: true,
        noDelay: true,
        keepAlive: true,
        keepAliveInitialDelay: 30_000,
      });
      join(client, target);
      join(target, client);
    },
  );
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host: "127.0.0.1", port, backlog: 4096 }, () => {
      server.off("error", reject);
      // For example, no file descriptors left: the connection fails, and the listener continues.
      server.on("error", (error) => console.error(`listener on port ${port}: ${error.message}`));
      resolve(server);
    });
  });
}

/** Pipes `from` into `to`, including its end; destroys `to` if `from` fails. */
function join(from: Socket, to: Socket): void {
  from.pipe(to);
  from.on("error", () => to.resetAndDestroy());
  from.on("close", () => {
    if (!to.writableEnded) to.destroy();
  });
}
