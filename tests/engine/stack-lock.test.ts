import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { hostname, tmpdir, userInfo } from "node:os";
import path from "node:path";
import { expect } from "chai";
import { awaitStack } from "../../engine/pulumi/stack-lock.ts";

describe("the lock of a stack", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "stack-lock-"));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const lock = (pid: number, values: object = {}) =>
    writeFile(
      path.join(folder, `${pid}.json`),
      JSON.stringify({
        pid,
        username: userInfo().username,
        hostname: hostname(),
        timestamp: new Date().toISOString(),
        ...values,
      }),
    );
  const locks = () => readdir(folder);

  it("is free if there is no lock file, even without its folder", async () => {
    expect(await awaitStack(folder, () => {})).to.equal(false);
    expect(await awaitStack(path.join(folder, "none"), () => {})).to.equal(false);
  });

  it("is waited for while its process runs, which is named, and counts as abandoned once that process was killed", async () => {
    const holder = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" });
    await once(holder, "spawn");
    await lock(holder.pid ?? 0);
    const told: string[] = [];
    const waited = awaitStack(folder, (line) => {
      told.push(line);
      holder.kill("SIGKILL");
    });
    expect(await waited).to.equal(true);
    expect(told[0]).to.match(new RegExp(`^waiting for process ${holder.pid} of ${userInfo().username}`));
    expect(await locks()).to.deep.equal([]);
  });

  it("is free after its process has released it", async () => {
    await lock(process.pid);
    const told: string[] = [];
    const waited = awaitStack(folder, (line) => {
      told.push(line);
      void rm(path.join(folder, `${process.pid}.json`));
    });
    expect(await waited).to.equal(false);
    expect(told).to.have.length(1);
  });

  it("is not held by a process that reuses the process id of its holder", async () => {
    await lock(process.pid, { timestamp: "2020-01-01T00:00:00Z" });
    expect(await awaitStack(folder, () => {})).to.equal(true);
    expect(await locks()).to.deep.equal([]);
  });

  it("is waited for if another machine holds it, because the process cannot be checked", async () => {
    await lock(1, { hostname: "elsewhere.example.com" });
    const told: string[] = [];
    const waited = awaitStack(folder, (line) => {
      told.push(line);
      void rm(path.join(folder, "1.json"));
    });
    expect(await waited).to.equal(false);
    expect(told).to.have.length(1);
  });
});
