import { spawn } from "node:child_process";
import { once } from "node:events";
import { openSync } from "node:fs";
import path from "node:path";
import { expect } from "chai";
import { steadyPort } from "../../../support/steady-port.ts";
import { type Child, endChild, startChild } from "../support/child.ts";
import { emptyRegistry, publish } from "../support/registry.ts";
import { until } from "../support/server.ts";
import { infer } from "../support/tensors.ts";

/** How the server's process exits, and which failures do not make it exit. */
describe("the server's process", function () {
  this.timeout(60_000);
  let registry: { root: string; remove: () => Promise<void> };
  let child: Child | undefined;
  before(async () => {
    registry = await emptyRegistry();
    await publish(registry.root, ["slow", "1"]);
  });
  afterEach(() => endChild(child));
  after(() => registry.remove());

  const env = (more: Record<string, string> = {}) => ({
    MODEL_DIR: registry.root,
    MODEL_NAME: "slow",
    MODEL_VERSION: "1",
    HOST: "127.0.0.1",
    PORT: "0",
    METRICS_PORT: "0",
    DRAIN_SECONDS: "0",
    ...more,
  });

  it("exits after SHUTDOWN_SECONDS without a crash even if a model is still running on a thread", async () => {
    child = startChild("main.ts", env({ THREAD_AFTER_MS: "0", SHUTDOWN_SECONDS: "0.5" }));
    const { port } = JSON.parse(await child.line(/"listening"/));
    await child.line(/model loaded/);
    // This run takes ten minutes on an idle core.
    const turns = { inputs: [{ name: "turns", datatype: "INT64", shape: [], data: [8_000_000] }] };
    const lost = infer(`http://127.0.0.1:${port}`, "slow", turns).catch(() => "cut");
    await until(async () => {
      const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
      return /^model_queue_seconds_count\{[^}]*\} 1$/m.test(text) ? text : undefined;
    });
    child.process.kill("SIGTERM");
    expect(await child.exited).to.equal("SIGKILL");
    expect(await lost).to.equal("cut");
    expect(child.stderr).to.deep.equal([]);
    expect(child.stdout.at(-1)).to.include("closed, except for a run of a model that continues");
  });

  it("exits 0 on a signal while it waits for its model", async () => {
    child = startChild(
      "main.ts",
      env({ MODEL_NAME: "absent", MODEL_WAIT_SECONDS: "3", DRAIN_SECONDS: "5", SHUTDOWN_SECONDS: "10" }),
    );
    await child.line(/listening/);
    child.process.kill("SIGTERM");
    expect(await child.exited).to.equal(0);
    expect(child.stderr).to.deep.equal([]);
  });

  it("exits 0 on a signal before its modules are loaded", async () => {
    // The process signals itself as soon as a handler is installed, and prints whether the server's libraries are
    // loaded by then.
    const early = `let isFirst = true;
      process.on("newListener", (name) => {
        if (name !== "SIGTERM" || !isFirst) return;
        isFirst = false;
        console.log("loaded:", process.report.getReport().sharedObjects.some((file) => file.includes("onnxruntime")));
        setImmediate(() => process.kill(process.pid, "SIGTERM"));
      });`;
    child = startChild("main.ts", env({ NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(early)}` }));
    expect(await child.exited).to.equal(0);
    expect(child.stdout[0]).to.equal("loaded: false");
    expect(child.stderr).to.deep.equal([]);
  });

  it("continues if its log cannot be written, and reports that once", async () => {
    const port = await steadyPort();
    const main = path.join(import.meta.dirname, "../../../../apps/inference/main.ts");
    const full = spawn(process.execPath, [main], {
      env: { PATH: process.env["PATH"], ...env({ PORT: String(port) }) },
      stdio: ["ignore", openSync("/dev/full", "w"), "pipe"],
    });
    try {
      let said = "";
      full.stderr?.on("data", (text) => (said += text));
      await until(() => said !== "");
      await until(() =>
        fetch(`http://127.0.0.1:${port}/ready`).then(
          ({ ok }) => ok,
          () => false,
        ),
      );
      full.kill("SIGTERM");
      expect((await once(full, "exit"))[0]).to.equal(0);
      expect(said).to.match(/^the log cannot be written \(ENOSPC.*\n$/);
    } finally {
      full.kill("SIGKILL");
    }
  });
});
