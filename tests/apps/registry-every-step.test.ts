import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, rm } from "node:fs/promises";
import path from "node:path";
import { expect } from "chai";
import { publishVersion } from "../../apps/registry/index.ts";
import { checkedVersions, describeVersion, leftovers, temporaryDirectory } from "./registry-support.ts";

const PUBLISHER = path.join(import.meta.dirname, "registry-publisher.ts");
const FAULT_INJECTOR = path.join(import.meta.dirname, "registry-fault-injector.ts");
/** Number of concurrent publishers. */
const LANES = 4;

/** Publishes the next version of `demo` in a new process, with a fault as described by `environment`. */
async function publisher(root: string, environment: Record<string, string>) {
  const child = spawn(process.execPath, ["--import", FAULT_INJECTOR, PUBLISHER, root, "demo", "next"], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...environment },
  });
  let errors = "";
  child.stdout.resume();
  child.stderr.on("data", (chunk) => {
    errors += chunk;
  });
  const [code, signal] = await once(child, "close");
  return { code, signal, errors };
}

function publishNext(root: string) {
  const description = describeVersion();
  return publishVersion({ root, model: "demo", version: "next", artifact: Buffer.from("graph"), description });
}

/** Runs `work` for 1 … `count`, with limited concurrency. */
async function forEveryStep(count: number, work: (step: number) => Promise<void>): Promise<void> {
  let next = 1;
  const lane = async () => {
    while (next <= count) await work(next++);
  };
  const lanes = await Promise.allSettled(Array.from({ length: LANES }, lane));
  // Reported only now, so that no publisher is running when the volumes are removed.
  for (const { reason } of lanes.filter((ended) => ended.status === "rejected")) throw reason;
}

describe("registry, at every step of publishing", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await temporaryDirectory();
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  /** Makes a volume for one step, with this number of versions. */
  async function volume(name: string, versions: number): Promise<string> {
    const root = path.join(folder, name);
    await mkdir(root);
    for (let published = 0; published < versions; published++) await publishNext(root);
    return root;
  }

  async function countSteps(versions: number): Promise<number> {
    const { code, errors } = await publisher(await volume("counted", versions), {});
    expect(code).to.equal(0);
    return Number(errors);
  }

  /** Checks what readers find at any time: a valid index, and every version in it intact. */
  async function readable(root: string, versions: number, place: string): Promise<void> {
    const found = (await checkedVersions(root))["demo"] ?? [];
    const sure = Array.from({ length: versions }, (_, i) => String(i + 1));
    expect(found.slice(0, versions), place).to.deep.equal(sure);
  }

  /** Checks that the next publisher works normally, and cleans up. */
  async function goesOn(root: string, place: string): Promise<void> {
    const { version } = await publishNext(root);
    const all = Array.from({ length: Number(version) }, (_, i) => String(i + 1));
    expect(await checkedVersions(root), place).to.deep.equal({ demo: all });
    expect(await leftovers(root), place).to.deep.equal([]);
  }

  for (const versions of [0, 1]) {
    const where = versions === 0 ? "an empty volume" : "a volume with a version";
    it(`survives kill -9 on ${where}`, async function () {
      this.timeout(300_000);
      const steps = await countSteps(versions);
      expect(steps).to.be.above(15);
      await forEveryStep(steps, async (step) => {
        const place = `killed at step ${step} of ${steps}`;
        const root = await volume(String(step), versions);
        const { signal } = await publisher(root, { FAULT: "kill", FAULT_STEP: String(step) });
        expect(signal, place).to.equal("SIGKILL");
        await readable(root, versions, place);
        await goesOn(root, place);
      });
    });
  }

  it("leaves no partial files when the disk is full, and reports it in one line", async function () {
    this.timeout(300_000);
    const steps = await countSteps(1);
    await forEveryStep(steps, async (step) => {
      const place = `full at step ${step} of ${steps}`;
      const root = await volume(String(step), 1);
      const { code, errors } = await publisher(root, { FAULT: "full", FAULT_STEP: String(step) });
      // Removing files needs no space and is not counted, so the last steps are not reached.
      if (code !== 0)
        expect(errors, place).to.match(/^cannot [^\n]*: the disk is full: free space or enlarge the volume\n$/);
      await readable(root, 1, place);
      expect(await leftovers(root), place).to.deep.equal([]);
      await goesOn(root, place);
    });
  });

  it("lets another trainer publish no matter when the first one is killed", async function () {
    this.timeout(300_000);
    const steps = await countSteps(1);
    await forEveryStep(Math.floor(steps / 2), async (half) => {
      const step = half * 2;
      const place = `killed at step ${step} of ${steps}, beside another`;
      const root = await volume(String(step), 1);
      const [other] = await Promise.all([
        publisher(root, {}),
        publisher(root, { FAULT: "kill", FAULT_STEP: String(step) }),
      ]);
      expect(other.code, place).to.equal(0);
      await readable(root, 2, place);
      await goesOn(root, place);
    });
  });
});
