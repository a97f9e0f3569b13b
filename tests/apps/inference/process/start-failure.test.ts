import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { startChild } from "../support/child.ts";
import { emptyRegistry } from "../support/registry.ts";

const ENV = { MODEL_NAME: "iris", MODEL_VERSION: "1", HOST: "127.0.0.1", PORT: "0", METRICS_PORT: "0" };

describe("a server that cannot serve", () => {
  it("names the invalid variable in one line and exits 1", async () => {
    const child = startChild("main.ts", { ...ENV, MAX_BATCH_SIZE: "many" });
    expect(await child.exited).to.equal(1);
    expect(child.stderr).to.deep.equal(['MAX_BATCH_SIZE is "many": set it to a whole number from 1 to 65536']);
  });

  it("reports in one line that its port is taken and exits 1", async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const port = String((other.address() as AddressInfo).port);
    const child = startChild("main.ts", { ...ENV, PORT: port });
    expect(await child.exited).to.equal(1);
    expect(child.stderr).to.deep.equal([
      `PORT ${port} is already in use on 127.0.0.1: stop the process that listens there, or set another port`,
    ]);
    other.close();
  });

  it("stops waiting after MODEL_WAIT_SECONDS, reports what it waited for, and exits 1", async () => {
    const { root, remove } = await emptyRegistry();
    const child = startChild("main.ts", { ...ENV, MODEL_DIR: root, MODEL_WAIT_SECONDS: "0.5" });
    expect(await child.exited).to.equal(1);
    expect(child.stderr).to.have.lengthOf(1);
    expect(child.stderr[0]).to.match(/^no model to serve after 0\.5 s: .*iris/);
    await remove();
  });
});
