import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { expect } from "chai";
import { UserError } from "../../common/errors.ts";
import { acquireLock, waitForLock } from "../../common/file-lock.ts";

const MODULE = path.resolve(import.meta.dirname, "../../common/file-lock.ts");

describe("a lock between processes", function () {
  this.timeout(30_000);
  let folder: string;
  let lock: string;
  const children: ChildProcess[] = [];

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "lock-"));
    lock = path.join(folder, "state", "lock");
  });
  afterEach(async () => {
    for (const child of children.splice(0)) child.kill("SIGKILL");
    await rm(folder, { recursive: true, force: true });
  });

  /** Runs a script that can use the module's functions and the lock's path, and waits for its first line of output. */
  async function run(script: string): Promise<{ readonly child: ChildProcess; readonly line: string }> {
    const source = `import { acquireLock, waitForLock } from ${JSON.stringify(MODULE)}; const lock = ${JSON.stringify(lock)};`;
    const args = ["--input-type=module-typescript", "--eval", `${source}\n${script}`];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    children.push(child);
    const [line] = await once(createInterface({ input: child.stdout }), "line");
    return { child, line };
  }

  /** A process that takes the lock and keeps it. */
  const holder = () => run('acquireLock(lock); console.log("held"); setInterval(() => {}, 1000);');

  async function kill(child: ChildProcess): Promise<void> {
    const exit = once(child, "exit");
    child.kill("SIGKILL");
    await exit;
  }

  it("is held by one process at a time, and tells others the process id of its holder", async () => {
    const { child } = await holder();
    expect(() => acquireLock(lock)).to.throw(UserError, `another up or down is running (process ${child.pid})`);
  });

  it("cannot be taken twice in the same process until it is released", () => {
    const release = acquireLock(lock);
    expect(() => acquireLock(lock)).to.throw(UserError, `(process ${process.pid})`);
    release();
    acquireLock(lock)();
  });

  it("is free after its holder was killed", async () => {
    const { child } = await holder();
    await kill(child);
    acquireLock(lock)();
  });

  it("is free after its holder was killed, although a program that the holder started still runs", async () => {
    const { child, line } = await run(`
      acquireLock(lock);
      const { spawn } = await import("node:child_process");
      const program = spawn("sleep", ["60"], { detached: true, stdio: "ignore" });
      console.log(program.pid);
      setInterval(() => {}, 1000);`);
    await kill(child);
    process.kill(Number(line), 0);
    acquireLock(lock)();
    process.kill(Number(line), "SIGKILL");
  });

  it("goes to a waiting process as soon as its holder is killed", async () => {
    const { child } = await holder();
    let taken = false;
    const waiting = waitForLock(lock).then((release) => {
      taken = true;
      return release;
    });
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(taken).to.equal(false);
    await kill(child);
    (await waiting)();
    acquireLock(lock)();
  });

  it("is not kept by a process that was killed while it waited", async () => {
    const release = acquireLock(lock);
    const { child } = await run('console.log("waiting"); await waitForLock(lock); setInterval(() => {}, 1000);');
    await new Promise((resolve) => setTimeout(resolve, 200));
    await kill(child);
    release();
    (await waitForLock(lock))();
  });

  it("can be taken again if its folder was deleted while it was held", async () => {
    const first = acquireLock(lock);
    await rm(path.dirname(lock), { recursive: true });
    const second = acquireLock(lock);
    expect(() => acquireLock(lock)).to.throw(UserError);
    first();
    expect(() => acquireLock(lock)).to.throw(UserError);
    second();
  });

  it("does not depend on the content of its file, left by an earlier release or an interrupted write", async () => {
    acquireLock(lock)();
    for (const text of ['{"pid":1,"started":"1","boot":"earlier"}', '{"pid": 1', ""]) {
      await writeFile(lock, text);
      acquireLock(lock)();
    }
  });

  it("says what to install if flock is missing", async () => {
    const searched = process.env["PATH"];
    process.env["PATH"] = folder;
    try {
      expect(() => acquireLock(lock)).to.throw(UserError, "flock is missing");
      const error = await waitForLock(lock).catch((failure: unknown) => failure);
      expect(String(error)).to.include("install util-linux");
    } finally {
      process.env["PATH"] = searched;
    }
  });
});
