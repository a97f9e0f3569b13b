import { chmod } from "node:fs/promises";
import path from "node:path";
import { versionStamp } from "../../../apps/inference/model/published.ts";
import { MODEL_FILE, versionDirectory } from "../../../apps/registry/layout.ts";
import { emptyRegistry, writeVersion } from "./support/registry.ts";
import { until } from "./support/server.ts";

describe("a published version", () => {
  let registry: { root: string; remove: () => Promise<void> };
  beforeEach(async () => {
    registry = await emptyRegistry();
  });
  afterEach(() => registry.remove());

  it("is worth another try once its files may be read", async () => {
    await writeVersion(registry.root, "linear", "1");
    const file = path.join(versionDirectory(registry.root, "linear", "1"), MODEL_FILE);
    await chmod(file, 0o000);
    const before = await versionStamp(registry.root, "linear", "1");
    // File systems tell times apart by some milliseconds only.
    await until(async () => {
      await chmod(file, 0o644);
      return (await versionStamp(registry.root, "linear", "1")) !== before;
    });
  });
});
