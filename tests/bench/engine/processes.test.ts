import { expect } from "chai";
import { execa } from "execa";
import { measured, partOf, type SeenProcess, sumParts } from "../../../bench/engine/processes.ts";
import { parseStat } from "../../../bench/process-stat.ts";

const CLI = "/cache/tools/pulumi-v3/pulumi preview --json";
const HOST = "/repo/node_modules/.bin/node /repo/engine/plugins/language-host/main.ts 127.0.0.1:5";
const PROGRAM = "/bin/node --import=x /repo/node_modules/@pulumi/pulumi/cmd/run/index.js --monitor 127.0.0.1:5 .";
const PROVIDER = "/cache/tools/pulumi-v3/pulumi-resource-kubernetes 127.0.0.1:5";

describe("the resource use of an engine's processes", () => {
  it("is attributed to parts by their command lines", () => {
    expect([CLI, HOST, PROGRAM, PROVIDER, "pulumi up", "git log"].map(partOf)).to.deep.equal([
      "cli",
      "others",
      "program",
      "kubernetes",
      "cli",
      "others",
    ]);
  });

  it("is added up over the descendants of one process, including the time of processes that were not sampled", () => {
    const seen = (
      pid: string,
      parent: string,
      commandLine: string,
      seconds: number,
      mebibytes: number,
    ): SeenProcess => ({
      pid,
      parent,
      commandLine,
      seconds,
      mebibytes,
    });
    const processes = [
      seen("1", "0", "init", 50, 10),
      seen("10", "1", "node bench/cli.ts", 5, 100),
      seen("11", "10", CLI, 2, 300),
      seen("12", "11", HOST, 1, 90),
      seen("13", "12", PROGRAM, 6, 500),
      seen("14", "11", PROVIDER, 0.5, 80),
      seen("20", "10", CLI, 1, 200),
      seen("30", "1", "/elsewhere/pulumi up", 99, 999),
    ];
    expect(sumParts(processes, "10", 11)).to.deep.equal({
      cli: { seconds: 3, mebibytes: 300 },
      program: { seconds: 6, mebibytes: 500 },
      kubernetes: { seconds: 0.5, mebibytes: 80 },
      others: { seconds: 1.5, mebibytes: 90 },
    });
  });

  it("is parsed from the kernel's line for any program name", () => {
    const stat = "7 (node) a) b) S 3 7 7 0 -1 4194304 99 88 0 0 100 20 3000 400 20 0 11 0 12345 800000 250";
    expect(parseStat(stat)).to.deep.equal({ pid: 7, parent: 3, own: 1.2, children: 34, residentBytes: 1_024_000 });
  });

  it("includes the time and memory of a child process", async function () {
    this.timeout(60_000);
    const script =
      "const end = Date.now() + 3000; const a = Buffer.alloc(64 << 20, 1); while (Date.now() < end) a[0]++;";
    const { usage } = await measured(() => execa(process.execPath, ["-e", script]));
    expect(usage.parts.others.seconds).to.be.greaterThan(0);
    expect(usage.parts.others.mebibytes).to.be.greaterThan(64);
    expect(usage.parts.program.seconds).to.equal(0);
  });
});
