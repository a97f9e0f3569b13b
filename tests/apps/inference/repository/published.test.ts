import { createHash, Hash } from "node:crypto";
import { chmod, writeFile } from "node:fs/promises";
import path from "node:path";
import { setImmediate } from "node:timers/promises";
import { expect } from "chai";
import { readVersion } from "../../../../apps/inference/repository/published.ts";
import { stampOf, versionFiles } from "../../../../apps/inference/repository/version-files.ts";
import { MODEL_FILE, versionDirectory } from "../../../../apps/registry/layout.ts";
import { emptyRegistry, metadataOf, writeVersion } from "../support/registry.ts";
import { until } from "../support/server.ts";

const MEGABYTE = 1024 * 1024;

/** Counts the bytes that this process hashes until `restore`. */
function watchHashing() {
  const { update } = Hash.prototype;
  let bytes = 0;
  Hash.prototype.update = function (this: Hash, data: Uint8Array) {
    bytes += data.byteLength;
    return Reflect.apply(update, this, [data]);
  } as typeof update;
  return {
    bytes: () => bytes,
    restore() {
      Hash.prototype.update = update;
    },
  };
}

describe("a published version", () => {
  let registry: { root: string; remove: () => Promise<void> };
  beforeEach(async () => {
    registry = await emptyRegistry();
  });
  afterEach(() => registry.remove());

  const fileOf = (name: string) => path.join(versionDirectory(registry.root, "linear", "1"), name);

  /** Publishes arbitrary bytes, which need not be a graph. */
  async function publishBytes(bytes: Uint8Array) {
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    const artifact = { file: MODEL_FILE, sha256, bytes: bytes.byteLength };
    await writeVersion(registry.root, "linear", "1", { ...(await metadataOf("linear", "1")), artifact: artifact });
    await writeFile(fileOf(MODEL_FILE), bytes);
    return artifact;
  }

  it("is read completely in several pieces, and rejected if the last byte differs", async () => {
    const artifact = await publishBytes(Buffer.alloc(2 * MEGABYTE + 5, "graph"));
    const version = await readVersion(registry.root, "linear", "1");
    expect(createHash("sha256").update(version.artifact).digest("hex")).to.equal(artifact.sha256);
    const bytes = Buffer.alloc(artifact.bytes, "graph");
    bytes[bytes.length - 1] = 0;
    await writeFile(fileOf(MODEL_FILE), bytes);
    const failure = await readVersion(registry.root, "linear", "1").catch((error: unknown) => error);
    expect(String(failure)).to.match(/model\.onnx is corrupt: its SHA-256 is/);
  });

  it("does not block the event loop while it is read", async () => {
    const size = 32 * MEGABYTE;
    await publishBytes(new Uint8Array(size));
    const hashing = watchHashing();
    try {
      let largest = 0;
      let isOver = false;
      const reading = readVersion(registry.root, "linear", "1").finally(() => {
        isOver = true;
      });
      while (!isOver) {
        const before = hashing.bytes();
        await setImmediate();
        largest = Math.max(largest, hashing.bytes() - before);
      }
      await reading;
      expect(hashing.bytes()).to.equal(size);
      expect(largest, "bytes hashed in one turn of the event loop").to.be.at.most(2 * MEGABYTE);
    } finally {
      hashing.restore();
    }
  });

  it("is tried again once its files are readable", async () => {
    await writeVersion(registry.root, "linear", "1");
    const file = fileOf(MODEL_FILE);
    await chmod(file, 0o000);
    const stamp = async () => stampOf(await versionFiles(registry.root, "linear", "1"));
    const before = await stamp();
    // File systems store times with a resolution of a few milliseconds.
    await until(async () => {
      await chmod(file, 0o644);
      return (await stamp()) !== before;
    });
  });
});
