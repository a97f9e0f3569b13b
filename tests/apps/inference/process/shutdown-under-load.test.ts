import { expect } from "chai";
import { endUnderLoad } from "../support/end-under-load.ts";
import { emptyRegistry, publish } from "../support/registry.ts";

describe("SIGTERM under load", () => {
  let registry: { root: string; remove: () => Promise<void> };
  before(async () => {
    registry = await emptyRegistry();
    await publish(registry.root, ["half-plus-two", "1"]);
  });
  after(() => registry.remove());

  // When the server closes, busy clients have a request in progress, and slow clients have an idle connection.
  for (const [kind, pauseMs] of [["busy", 0] as const, ["unhurried", 20] as const, ["slow", 300] as const]) {
    it(`fails no request of ${kind} keep-alive clients, and exits 0`, async () => {
      const { exit, ready, failed } = await endUnderLoad(registry.root, { connections: 20, pauseMs, drainSeconds: 5 });
      expect(ready).to.deep.include({ status: 503, body: { status: "not ready", model_loaded: false } });
      expect(failed).to.deep.equal([]);
      expect(exit).to.equal(0);
    });
  }
});
