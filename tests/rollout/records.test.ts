import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { expect } from "chai";
import { UserError } from "../../common/errors.ts";
import { decide } from "../../rollout/decide/decide.ts";
import { initialState } from "../../rollout/decide/state.ts";
import { decisionRecord, formatRecord, parseRecords, recordFile, startRecord } from "../../rollout/records/record.ts";
import { replay } from "../../rollout/records/replay.ts";
import { NOON, planOf, readOf, SETTINGS } from "./support.ts";

const FILE = "Pulumi.dev.rollout-iris.jsonl";

/** The records of a rollout that is aborted, and one read without data in it. */
function abortedRollout(): string {
  const plan = planOf({ freeze: [{ days: ["Sun"], from: "00:00", to: "00:00", timeZone: "Europe/Berlin" }] });
  let state = initialState(plan);
  let text = formatRecord(startRecord("iris", plan, SETTINGS, NOON));
  for (let index = 0; state.ended === undefined; index++) {
    const at = NOON + index * 15_000;
    const read = readOf(0.01, [200, 4, 2], [20_000, 20, 200], { at });
    const { counts, ...without } = read;
    const taken = index === 3 ? { ...without, missing: "Prometheus: no answer within 10 s" } : read;
    const next = decide(plan, state, taken);
    state = next.state;
    text += formatRecord(decisionRecord(taken, next.decision));
  }
  return text;
}

describe("the records of a rollout", () => {
  it("are beside the stack file", () => {
    expect(recordFile("stacks/Pulumi.dev.yaml", "iris")).to.equal("stacks/Pulumi.dev.rollout-iris.jsonl");
  });

  it("are one line a decision, with the counts it rests on", () => {
    const lines = abortedRollout().trim().split("\n");
    const last = JSON.parse(lines.at(-1) ?? "");
    expect(last.decision.action).to.equal("abort");
    expect(last.read.counts["2"]).to.deep.equal({
      requests: 200,
      goals: [
        { bad: 4, total: 200 },
        { bad: 2, total: 200 },
      ],
      pods: 1,
    });
    expect(last.time).to.match(/^2026-01-14T12:/);
  });

  it("are enough to come to the same decisions", () => {
    const text = abortedRollout();
    const result = replay(parseRecords(text, FILE), FILE);
    expect(result.differences).to.deep.equal([]);
    expect([result.rollouts, result.decisions]).to.deep.equal([1, text.trim().split("\n").length - 1]);
    expect(result.actions).to.have.length(1);
    expect(result.actions[0]).to.contain(" abort (version 2 is worse: errors lately 2 %");
    expect(result.state?.ended).to.equal("abort");
  });

  it("are followed by those of the next rollout", () => {
    const twice = abortedRollout() + abortedRollout();
    const result = replay(parseRecords(twice, FILE), FILE);
    expect([result.rollouts, result.differences.length, result.actions.length]).to.deep.equal([2, 0, 2]);
  });

  it("show each decision that the counts do not give", () => {
    const lines = abortedRollout().trim().split("\n");
    const changed = lines.map((line, index) =>
      index === 5 ? line.replace('"action":"hold"', '"action":"advance"') : line,
    );
    const { differences } = replay(parseRecords(`${changed.join("\n")}\n`, FILE), FILE);
    expect(differences).to.have.length(1);
    expect(differences[0]).to.match(/^Pulumi\.dev\.rollout-iris\.jsonl:6: recorded advance \(.*\), replayed hold \(/);
  });

  it("show counts that were changed afterwards", () => {
    const text = abortedRollout().replaceAll('"bad":4', '"bad":0');
    expect(replay(parseRecords(text, FILE), FILE).differences).not.to.deep.equal([]);
  });

  it("do without a last line that was not finished", () => {
    const text = abortedRollout();
    const torn = text.slice(0, -20);
    expect(parseRecords(torn, FILE)).to.have.length(text.trim().split("\n").length - 1);
  });

  it("name file and line of what is no record", () => {
    expect(() => parseRecords("{}\n", FILE)).to.throw(UserError, `${FILE}:1: is no record of a rollout`);
    expect(() => parseRecords(`${abortedRollout()}oops\n`, FILE)).to.throw(UserError, /:\d+: is not JSON: restore/);
    const [, decision = ""] = abortedRollout().split("\n");
    expect(() => replay(parseRecords(`${decision}\n`, FILE), FILE)).to.throw(UserError, "without a rollout's start");
  });
});

describe("npm run rollout", function () {
  this.timeout(300_000);
  const repository = path.resolve(import.meta.dirname, "../..");
  let folder = "";
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "rollout-"));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  async function run(...args: string[]): Promise<{ code: number; out: string; err: string }> {
    const done = promisify(execFile)(process.execPath, ["rollout/cli.ts", ...args], { cwd: repository });
    return done.then(
      ({ stdout, stderr }) => ({ code: 0, out: stdout, err: stderr }),
      (error: { code: number; stdout: string; stderr: string }) => ({
        code: error.code,
        out: error.stdout,
        err: error.stderr,
      }),
    );
  }

  it("replays a file, and exits with 1 where it differs", async () => {
    const file = path.join(folder, FILE);
    await writeFile(file, abortedRollout());
    const good = await run("replay", file);
    expect([good.code, good.err]).to.deep.equal([0, ""]);
    expect(good.out).to.match(/ abort \(.*\n.*: rollouts: 1, decisions: \d+, differences: 0\n$/);
    await writeFile(file, abortedRollout().replaceAll('"bad":4', '"bad":0'));
    const bad = await run("replay", file);
    expect(bad.code).to.equal(1);
    expect(bad.out).to.contain("recorded abort (");
  });

  it("says in one line that a file is missing", async () => {
    const { code, err } = await run("replay", "no.jsonl");
    expect([code, err]).to.deep.equal([
      1,
      "no.jsonl: there is no such file: name one such as Pulumi.dev.rollout-MODEL.jsonl\n",
    ]);
  });

  it("shows a plan with its time", async () => {
    const overlay = path.join(folder, "rollout.yaml");
    const version = (number: string) => ({ version: number });
    const models = [
      {
        model: "iris",
        versions: [version("1"), version("2")],
        traffic: { stable: "1", canary: "2" },
        rollout: { steps: [5, { percent: 50, approval: true }], goals: [{ kind: "errors" }] },
      },
    ];
    await writeFile(overlay, JSON.stringify({ config: { monitoring: { namespace: "monitoring" }, models } }));
    const args = ["plan", "--stack", "dev", "--model", "iris", "--requests-per-second", "50"];
    const { out, err, code } = await run(...args, "--config-file", "Pulumi.dev.yaml", "--config-file", overlay);
    expect([code, err]).to.deep.equal([0, ""]);
    expect(out.split("\n")).to.deep.equal([
      "iris: version 1 → 2",
      "goal: errors, worse by at most 0.5 %",
      "step 5 %: evidence 5, about 5 minutes",
      "step 50 %: evidence 20, approval, about 12 minutes",
      "wrong decisions: promotes a worse version in at most 5 %, aborts one that is no worse in at most 1 %",
      "about 16 minutes if version 2 is no worse, at 50 requests a second",
      "",
    ]);
    const none = await run(...args);
    expect(none.err).to.match(/"iris" has no rollout: add one/);
  });

  it("simulates a scenario", async () => {
    const { out, code } = await run("simulate", "--runs", "3", "--scenario", "fails at once");
    expect(code).to.equal(0);
    expect(out).to.match(/fails at once +0\/100 · \d+ min/);
    const none = await run("simulate", "--scenario", "nonsense");
    expect(none.err).to.match(/^no scenario has "nonsense" in its name: they are: no worse, no errors; /);
  });
});
