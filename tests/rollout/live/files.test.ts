import { appendFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect } from "chai";
import { execa } from "execa";
import { NOWHERE } from "../../../rollout/evidence/evidence.ts";
import { GitCommits } from "../../../rollout/live/git.ts";
import { PositionFile } from "../../../rollout/live/position.ts";
import { RecordFile } from "../../../rollout/live/record-file.ts";
import { postNews } from "../../../rollout/live/webhook.ts";
import { parseRecords, type RolloutRecord } from "../../../rollout/records/record.ts";

const moved = (time: string): RolloutRecord => ({ record: "moved", time });

describe("the files of a driver", () => {
  let folder = "";
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "rollout-files-"));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it("keep a record that was written, and drop one that was interrupted", async () => {
    const file = new RecordFile(path.join(folder, "records.jsonl"));
    expect(await file.read()).to.equal("");
    await file.append(moved("1"));
    await appendFile(file.file, '{"record":"mov');
    await file.append(moved("2"));
    expect(parseRecords(await file.read(), "r").map(({ record }) => record)).to.deep.equal([moved("1"), moved("2")]);
  });

  it("end a wait when somebody adds a record", async () => {
    const file = new RecordFile(path.join(folder, "records.jsonl"));
    await file.append(moved("1"));
    const waited = file.wait(3_600_000);
    await file.append(moved("2"));
    await waited;
    const stopped = new AbortController();
    const other = file.wait(3_600_000, stopped.signal);
    stopped.abort();
    await other;
  });

  it("go on from the position of the last recorded read only", async () => {
    const file = new PositionFile(path.join(folder, "position"));
    const position = { at: 1000, baselines: { a: { b: { time: 1, value: 2 } } } };
    expect(await file.load(undefined)).to.deep.equal(NOWHERE);
    expect(await file.load(1000)).to.deep.equal(NOWHERE);
    await file.save(1000, position);
    expect(await file.load(1000)).to.deep.equal(position);
    expect(await file.load(900)).to.deep.equal(NOWHERE);
  });

  it("are committed, and nothing else that is staged", async () => {
    const git = (...args: string[]) =>
      execa("git", ["-c", "user.name=a", "-c", "user.email=a@b", ...args], { cwd: folder });
    await git("init", "--quiet");
    await git("config", "user.name", "ann");
    await git("config", "user.email", "ann@example.com");
    const [stack, records, other] = ["stack.yaml", "records.jsonl", "other"].map((name) => path.join(folder, name));
    for (const file of [stack, records, other]) await writeFile(file ?? "", "1\n");
    await git("add", "other");
    const commits = new GitCommits([stack ?? "", records ?? ""]);
    await commits.check();
    expect(await commits.commit({ subject: "Start it", body: "Because." })).to.equal(undefined);
    expect(await commits.behind()).to.equal(false);
    await writeFile(stack ?? "", "2\n");
    expect(await commits.behind()).to.equal(true);
    expect((await git("log", "--format=%s|%b", "--name-only")).stdout.split("\n").filter(Boolean)).to.deep.equal([
      "Start it|Because.",
      "records.jsonl",
      "stack.yaml",
    ]);
    expect((await git("status", "--porcelain")).stdout).to.equal("A  other\n M stack.yaml");
    expect(await readFile(other ?? "", "utf8")).to.equal("1\n");
  });

  it("must be in a repository to be committed", async () => {
    const error = await new GitCommits([path.join(folder, "a"), path.join(folder, "b")])
      .check()
      .catch((each: unknown) => each);
    expect(error).to.match(/is in no Git repository: leave out --commit/);
  });
});

describe("the webhook", () => {
  const NEWS = { what: "abort", text: "version 2 is worse", weight: 0 } as const;

  it("gets the news as JSON, and a failure is only told", async () => {
    const bodies: string[] = [];
    let status = 200;
    const server = createServer((request, response) => {
      let text = "";
      request.on("data", (chunk) => {
        text += chunk;
      });
      request.on("end", () => {
        bodies.push(text);
        response.writeHead(status).end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const source = { stack: "prod", model: "iris" };
    expect(await postNews(url, source, NEWS)).to.equal(undefined);
    expect(JSON.parse(bodies[0] ?? "")).to.deep.equal({ ...source, ...NEWS, text: "prod, iris: version 2 is worse" });
    status = 500;
    expect(await postNews(url, source, NEWS)).to.equal("the webhook answered 500");
    await new Promise((resolve) => server.close(resolve));
    expect(await postNews(url, source, NEWS)).to.match(/^the webhook could not be reached: /);
  });
});
