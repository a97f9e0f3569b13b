import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { lockFile, publishVersion, updateIndex } from "../../apps/registry/index.ts";
import { withLock } from "../../apps/registry/lock.ts";
import { temporaryName } from "../../apps/registry/owner.ts";
import { randomSource } from "../../apps/trainer/learn/random.ts";
import { checkedVersions, describeVersion, leftovers, temporaryDirectory } from "./registry-support.ts";

const PUBLISHER = path.join(import.meta.dirname, "registry-publisher.ts");

function startPublisher(...args: string[]): ChildProcess {
  return spawn(process.execPath, [PUBLISHER, ...args], { stdio: ["ignore", "pipe", "pipe"] });
}

/** Waits for a process to end; returns its exit code and output. */
async function finished(child: ChildProcess) {
  let output = "";
  let errors = "";
  child.stdout?.on("data", (chunk) => {
    output += chunk;
  });
  child.stderr?.on("data", (chunk) => {
    errors += chunk;
  });
  const [code] = await once(child, "close");
  return { code, lines: output.split("\n").filter(Boolean), errors };
}

/** Whether the tests may mount file systems on this machine. */
function canMount(): boolean {
  try {
    execFileSync("unshare", ["--mount", "sh", "-c", "mount -t tmpfs none /mnt"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

describe("registry under faults", () => {
  let root: string;
  beforeEach(async () => {
    root = await temporaryDirectory();
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  it("gives each concurrent publisher its own version and loses none", async () => {
    const runs = await Promise.all(
      Array.from({ length: 4 }, () => finished(startPublisher(root, "demo", "next", "5"))),
    );
    expect(runs.map(({ errors }) => errors).join("")).to.equal("");
    const numbers = runs.flatMap(({ lines }) => lines).map(Number);
    const all = Array.from({ length: 20 }, (_, i) => i + 1);
    expect(numbers.sort((a, b) => a - b)).to.deep.equal(all);
    expect(await checkedVersions(root)).to.deep.equal({ demo: all.map(String) });
    expect(await leftovers(root)).to.deep.equal([]);
  });

  it("lets exactly one of several publishers publish a given version", async () => {
    const runs = await Promise.all(Array.from({ length: 4 }, () => finished(startPublisher(root, "demo", "7"))));
    expect(runs.filter(({ code }) => code === 0)).to.have.length(1);
    for (const { errors } of runs.filter(({ code }) => code !== 0))
      expect(errors).to.match(/^demo version 7 exists already .*\n$/);
    expect(await checkedVersions(root)).to.deep.equal({ demo: ["7"] });
  });

  it("survives kill -9 at any time", async () => {
    const random = randomSource(7);
    let kills = 0;
    for (let round = 0; round < 12; round++) {
      const child = startPublisher(root, "demo", "next", "1000", "2000000");
      const end = finished(child);
      const [first] = await Promise.race([once(child.stdout ?? child, "data"), end.then(() => [undefined])]);
      expect(first, "the publisher got going again").not.to.equal(undefined);
      await sleep(random() * 60);
      if (child.kill("SIGKILL")) kills++;
      await end;
      // Readers must not be affected by unfinished files.
      await checkedVersions(root);
    }
    expect(kills).to.equal(12);
    const { version } = await publishVersion({
      root,
      model: "demo",
      version: "next",
      artifact: Buffer.from("x"),
      description: describeVersion(),
    });
    const versions = await checkedVersions(root);
    expect(versions["demo"]).to.deep.equal(Array.from({ length: Number(version) }, (_, i) => String(i + 1)));
    expect(await leftovers(root)).to.deep.equal([]);
  });

  it("takes over the lock of a process that has ended", async () => {
    const child = startPublisher(root, "demo", "1");
    await finished(child);
    await writeFile(lockFile(root), temporaryName("", "lock").replace(`~${process.pid}~`, `~${child.pid}~`));
    await updateIndex(root);
    expect(await checkedVersions(root)).to.deep.equal({ demo: ["1"] });
    expect(await leftovers(root)).to.deep.equal([]);
  });

  it("takes over the lock of a process on another machine once it is no longer renewed", async () => {
    const file = path.join(root, "test.lock");
    await writeFile(file, "lock~another-host_1~1~1abcdef01");
    expect(await withLock(file, async () => "done", { staleMs: 200 })).to.equal("done");
  });

  it("waits for a lock that is renewed, and names its holder after a timeout", async () => {
    const file = path.join(root, "test.lock");
    await withLock(file, async () => {
      const failure = await withLock(file, async () => "done", { timeoutMs: 200 }).catch((error: unknown) => error);
      expect(String(failure)).to.match(/test\.lock is held by lock~.*: wait for it, or remove the file/);
    });
  });

  it("leaves no partial files on a full disk, and reports it in one line", async function () {
    if (!canMount()) {
      console.log("      skipped: mounting a small file system needs root");
      this.skip();
    }
    const script = `mount -t tmpfs -o size=200k none "$1" && "$2" "$3" "$1" demo 1 1 400000; code=$?; find "$1" -type f; exit $code`;
    const run = await finished(
      spawn("unshare", ["--mount", "sh", "-c", script, "sh", root, process.execPath, PUBLISHER]),
    );
    expect(run.code).to.equal(1);
    expect(run.errors).to.equal(`cannot write ${root}/demo: the disk is full: free space or enlarge the volume\n`);
    expect(run.lines).to.deep.equal([]);
  });

  it("reports in one line that a volume is read-only", async function () {
    if (!canMount()) {
      console.log("      skipped: mounting a small file system needs root");
      this.skip();
    }
    const script = `mount -t tmpfs -o ro none "$1" && exec "$2" "$3" "$1" demo 1`;
    const run = await finished(
      spawn("unshare", ["--mount", "sh", "-c", script, "sh", root, process.execPath, PUBLISHER]),
    );
    expect(run.code).to.equal(1);
    expect(run.errors).to.equal(`cannot write ${root}/demo: the file system is read-only: mount the volume writable\n`);
  });
});
