import { createHash } from "node:crypto";
import { chmod, writeFile } from "node:fs/promises";
import path from "node:path";
import { setImmediate } from "node:timers/promises";
import { expect } from "chai";
import { readVersion, versionStamp } from "../../../apps/inference/model/published.ts";
import { MODEL_FILE, versionDirectory } from "../../../apps/registry/layout.ts";
import { emptyRegistry, metadataOf, writeVersion } from "./support/registry.ts";
import { until } from "./support/server.ts";

/** Large enough for the hash of all of it to be seen beside what the runtime does in a turn. */
const LARGE = 128 * 1024 * 1024;

/** Processor time of this thread since then, in microseconds. */
function spentSince(then: NodeJS.CpuUsage): number {
  const { user, system } = process.threadCpuUsage(then);
  return user + system;
}

describe("a published version", () => {
  let registry: { root: string; remove: () => Promise<void> };
  beforeEach(async () => {
    registry = await emptyRegistry();
  });
  afterEach(() => registry.remove());

  const fileOf = (name: string) => path.join(versionDirectory(registry.root, "linear", "1"), name);

  /** Publishes bytes that need not be a graph. */
  async function publishBytes(bytes: Uint8Array) {
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    const artefact = { file: MODEL_FILE, sha256, bytes: bytes.byteLength };
    await writeVersion(registry.root, "linear", "1", { ...(await metadataOf("linear", "1")), artefact });
    await writeFile(fileOf(MODEL_FILE), bytes);
    return artefact;
  }

  it("is read whole where it has several pieces, and refused where the last byte differs", async () => {
    const artefact = await publishBytes(Buffer.alloc(2 * 1024 * 1024 + 5, "graph"));
    const version = await readVersion(registry.root, "linear", "1");
    expect(createHash("sha256").update(version.artefact).digest("hex")).to.equal(artefact.sha256);
    const bytes = Buffer.alloc(artefact.bytes, "graph");
    bytes[bytes.length - 1] = 0;
    await writeFile(fileOf(MODEL_FILE), bytes);
    const failure = await readVersion(registry.root, "linear", "1").catch((error: unknown) => error);
    expect(String(failure)).to.match(/model\.onnx is corrupt: its SHA-256 is/);
  });

  it("lets others go on while a large one is read", async () => {
    const bytes = new Uint8Array(LARGE);
    const started = process.threadCpuUsage();
    createHash("sha256").update(bytes).digest();
    const whole = spentSince(started);
    await publishBytes(bytes);
    let longest = 0;
    let turn = process.threadCpuUsage();
    let isOver = false;
    const reading = readVersion(registry.root, "linear", "1").then(() => {
      isOver = true;
    });
    while (!isOver) {
      await setImmediate();
      longest = Math.max(longest, spentSince(turn));
      turn = process.threadCpuUsage();
    }
    await reading;
    expect(longest).to.be.lessThan(whole / 3);
  });

  it("is worth another try once its files may be read", async () => {
    await writeVersion(registry.root, "linear", "1");
    const file = fileOf(MODEL_FILE);
    await chmod(file, 0o000);
    const before = await versionStamp(registry.root, "linear", "1");
    // File systems tell times apart by some milliseconds only.
    await until(async () => {
      await chmod(file, 0o644);
      return (await versionStamp(registry.root, "linear", "1")) !== before;
    });
  });
});
