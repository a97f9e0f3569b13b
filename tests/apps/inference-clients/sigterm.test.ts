import { expect } from "chai";
import { freePort } from "../../../local/free-port.ts";
import { endChild, startChild } from "../inference/support/child.ts";
import { keepAliveClient } from "../inference/support/keep-alive-client.ts";
import { emptyRegistry, publish } from "../inference/support/registry.ts";

const TRIES = 20;
const AT_ONCE = 5;
const CONNECTIONS = 6;
const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Starts a server, ends it by SIGTERM while clients send one request after the other, and returns what failed. */
async function endUnderLoad(root: string, pauseMs: number): Promise<readonly string[]> {
  const port = await freePort();
  const child = startChild("main.ts", {
    ...{ MODEL_DIR: root, MODEL_NAME: "half-plus-two", MODEL_VERSION: "1", HOST: "127.0.0.1", PORT: String(port) },
    ...{ METRICS_PORT: "0", DRAIN_SECONDS: "3", SHUTDOWN_SECONDS: "60" },
  });
  const stop = new AbortController();
  const removed = new AbortController();
  try {
    await child.line(/model loaded/);
    const clients = Array.from({ length: CONNECTIONS }, () =>
      keepAliveClient(port, pauseMs, removed.signal, stop.signal),
    );
    await sleep(200);
    child.process.kill("SIGTERM");
    await child.line(/draining/);
    await sleep(200);
    removed.abort();
    const code = await child.exited;
    stop.abort();
    const outcomes = await Promise.all(clients);
    const idle = outcomes.filter(({ served }) => served === 0).map(() => "a client that was served nothing");
    return [...outcomes.flatMap(({ failed }) => failed), ...idle, ...(code === 0 ? [] : [`exit code ${code}`])];
  } finally {
    stop.abort();
    await endChild(child);
  }
}

describe(`SIGTERM under load, ${TRIES} times`, function () {
  this.timeout(600_000);

  it("fails no request", async () => {
    const { root, remove } = await emptyRegistry();
    try {
      await publish(root, ["half-plus-two", "1"]);
      const failed: string[] = [];
      for (let done = 0; done < TRIES; done += AT_ONCE) {
        const tries = Array.from({ length: AT_ONCE }, (_, index) => endUnderLoad(root, index * 3));
        failed.push(...(await Promise.all(tries)).flat());
      }
      expect(failed).to.deep.equal([]);
    } finally {
      await remove();
    }
  });
});
