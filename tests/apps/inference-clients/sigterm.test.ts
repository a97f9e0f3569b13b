import { expect } from "chai";
import { endUnderLoad } from "../inference/support/end-under-load.ts";
import { emptyRegistry, publish } from "../inference/support/registry.ts";

const TRIES = 20;
const AT_ONCE = 5;

describe(`SIGTERM under load, ${TRIES} times`, function () {
  this.timeout(600_000);

  it("fails no request", async () => {
    const { root, remove } = await emptyRegistry();
    try {
      await publish(root, ["half-plus-two", "1"]);
      for (let done = 0; done < TRIES; done += AT_ONCE) {
        const tries = Array.from({ length: AT_ONCE }, (_, index) =>
          endUnderLoad(root, { connections: 6, pauseMs: index * 3, drainSeconds: 5 }),
        );
        for (const { exit, failed } of await Promise.all(tries)) {
          expect({ exit, failed }).to.deep.equal({ exit: 0, failed: [] });
        }
      }
    } finally {
      await remove();
    }
  });
});
