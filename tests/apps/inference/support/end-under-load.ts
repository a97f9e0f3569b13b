import { type Child, endChild, startChild } from "./child.ts";
import { keepAliveClient } from "./keep-alive-client.ts";
import { send, until } from "./server.ts";

/** How a server and its clients ended after SIGTERM. */
export interface EndUnderLoad {
  /** Exit code of the server, or the signal it died of. */
  readonly exit: number | string | null;
  /** The response of `/ready` during the drain. */
  readonly ready: { readonly status: number; readonly body: unknown };
  /** Requests that failed or were not answered with 200, and how. */
  readonly failed: readonly string[];
}

/** Options of {@link endUnderLoad}. */
export interface EndOptions {
  /** Clients, each with one keep-alive connection. */
  readonly connections: number;
  /** Time between a response and a client's next request, in milliseconds. */
  readonly pauseMs: number;
  /** How long the server drains; every client must send another request in the second half of this time. */
  readonly drainSeconds: number;
}

/**
 * Serves half-plus-two from a registry and sends SIGTERM once every client has had a response. Once each client has had
 * another response during the drain, it sends no new connections to the server, as a gateway would.
 */
export async function endUnderLoad(root: string, options: EndOptions): Promise<EndUnderLoad> {
  const { connections, pauseMs, drainSeconds } = options;
  const child = startChild("main.ts", {
    ...{ MODEL_DIR: root, MODEL_NAME: "half-plus-two", MODEL_VERSION: "1", HOST: "127.0.0.1", PORT: "0" },
    ...{ METRICS_PORT: "0", LOG_LEVEL: "info", DRAIN_SECONDS: String(drainSeconds), SHUTDOWN_SECONDS: "60" },
  });
  const stop = new AbortController();
  const removed = new AbortController();
  try {
    const port = await served(child);
    const answers = new Array<number>(connections).fill(0);
    const clients = answers.map((_, client) =>
      keepAliveClient(port, pauseMs, () => (answers[client] = (answers[client] ?? 0) + 1), removed.signal, stop.signal),
    );
    const haveMoreThan = (before: readonly number[]) =>
      until(() => answers.every((count, client) => count > (before[client] ?? 0)));
    await haveMoreThan([]);
    child.process.kill("SIGTERM");
    await child.line(/draining/);
    const ready = await send(`http://127.0.0.1:${port}/ready`, {});
    await haveMoreThan([...answers]);
    removed.abort();
    const exit = await child.exited;
    stop.abort();
    return { exit, ready, failed: (await Promise.all(clients)).flatMap(({ failed }) => failed) };
  } finally {
    stop.abort();
    await endChild(child);
  }
}

/** The port of a server, once it has loaded its model. */
async function served(child: Child): Promise<number> {
  const { port } = JSON.parse(await child.line(/"listening"/));
  await child.line(/model loaded/);
  return port;
}
