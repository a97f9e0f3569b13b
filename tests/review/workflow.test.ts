import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "chai";
import { COMMENT_LIMIT } from "../../review/comment/compose.ts";
import { type GitHub, startGitHub } from "./github.ts";
import { previewOf, step } from "./support.ts";
import { eventOf, type PullRequest, pullRequest, runWorkflow, type WorkflowOptions } from "./workflow.ts";

/** Changes a file of a checkout. */
const edit = (file: string, change: (text: string) => string) => async (folder: string) => {
  const name = path.join(folder, file);
  const text = await readFile(name, "utf8");
  const changed = change(text);
  if (changed === text) throw new Error(`${file} is not changed`);
  await writeFile(name, changed);
};
const weight = (value: number) =>
  edit("Pulumi.dev.yaml", (text) => text.replace(/canaryWeight: \d+/, `canaryWeight: ${value}`));

describe("the workflow of pull requests", function () {
  this.timeout(300_000);
  let github: GitHub;
  let change: PullRequest | undefined;

  before(async () => {
    github = await startGitHub();
  });
  afterEach(async () => {
    await change?.remove();
    change = undefined;
  });
  after(() => github.close());

  const run = async (request: PullRequest, more: Partial<WorkflowOptions> = {}) =>
    runWorkflow(request, {
      stack: "dev",
      ...more,
      environment: { ...process.env, ...(await eventOf(request, 7, github.url)), ...more.environment },
    });

  it("shows the effects of a changed stack file and program on the manifests, in one comment", async () => {
    change = await pullRequest({
      base: weight(15),
      head: async (folder) => {
        await weight(50)(folder);
        const slower = (text: string) => text.replace("periodSeconds: 5", "periodSeconds: 7");
        await edit("components/defaults/defaults.ts", slower)(folder);
      },
    });
    const { outcome, steps, comment, summary, log } = await run(change);
    expect(outcome, log).to.equal("success");
    expect(steps).to.include({
      "Preview the pull request": "skipped",
      "Write the comment": "success",
      Comment: "success",
    });
    expect(comment).to.contain("85 % `1`, 15 % canary `2` → 50 % `1`, 50 % canary `2`");
    expect(comment).to.contain("**Pods restart, a few at a time:** `half-plus-two`, `iris`, `model-v1`, `model-v2`.");
    // The base is rendered by its own program; otherwise both sides would have the same number of seconds.
    expect(comment).to.match(/^-\s+periodSeconds: 5\n\+\s+periodSeconds: 7$/m);
    expect(summary).to.contain("#### Cost");
    expect(github.comments.map(({ body }) => body)).to.deep.equal([comment]);
    expect(github.tokens).to.deep.equal(new Set(["Bearer workflow-token"]));
  });

  it("updates the comment, and fails with the reason if the stack is rejected", async () => {
    change = await pullRequest({ head: edit("Pulumi.dev.yaml", (text) => text.replace('pods: "50"', 'pods: "5"')) });
    const { outcome, steps, comment, log } = await run(change);
    expect(outcome, log).to.equal("failure");
    expect(steps).to.include({ "Write the comment": "failure", Comment: "success" });
    expect(comment).to.contain("namespace.quota.hard.pods: the stack can ask for");
    expect(comment).to.match(/\| `pods` \| \d+ of 50 \(\d+ %\) \| \*\*\d+ of 5 \(\d+ %\) ⚠ over\*\* \|/);
    expect(github.comments.map(({ body }) => body)).to.deep.equal([comment]);
  });

  it("previews both sides if the repository has a cluster, and separates changes pending on the base", async () => {
    change = await pullRequest({ base: weight(15), head: weight(50) });
    const service = (name: string) => step("create", "core/v1:Service", name, { now: { metadata: { name } } });
    const pulumi = await standIn(change, {
      base: previewOf(service("waiting")),
      head: previewOf(service("waiting"), service("mine")),
    });
    const { outcome, comment, log } = await run(change, {
      secrets: { KUBECONFIG: "apiVersion: v1", PULUMI_ACCESS_TOKEN: "pul-token" },
      environment: pulumi.environment,
    });
    expect(outcome, log).to.equal("success");
    expect(comment).to.contain("1 created (1 more wait on the base already)");
    expect(comment).to.contain("- Created `Service` `mine`");
    // Both previews use the stack's name, their own checkout and the cluster in the repository's secrets.
    expect(await pulumi.calls()).to.deep.equal([
      `preview --cwd ${change.temp}/base --stack dev --non-interactive --json with apiVersion: v1, pul-token`,
      `preview --stack dev --non-interactive --policy-pack policy --event-log ${change.temp}/events.json --json with apiVersion: v1, pul-token`,
    ]);
    expect(comment.length).to.be.below(COMMENT_LIMIT);
  });

  it("still comments if the preview fails, and then fails as well", async () => {
    change = await pullRequest({ head: weight(50) });
    const pulumi = await standIn(change, { base: "", head: "" });
    const { outcome, steps, comment, log } = await run(change, {
      secrets: { KUBECONFIG: "apiVersion: v1" },
      environment: { ...pulumi.environment, STAND_IN_EXIT: "255" },
    });
    expect(outcome, log).to.equal("failure");
    expect(steps).to.include({
      "Preview the base": "failure",
      "Preview the pull request": "failure",
      Comment: "success",
    });
    expect(comment).to.contain(
      "#### What is wrong\n\n```\nthe preview ended before it began; the log of the job says why",
    );
    // Everything that needs no cluster is still shown.
    expect(comment).to.contain("### Stack `dev`: 1 updated");
    expect(comment).to.contain("50 % canary `2`");
  });
});

/** A fake `pulumi` on PATH that prints the given output and records its calls. */
async function standIn({ temp }: PullRequest, printed: { readonly base: string; readonly head: string }) {
  const folder = path.join(temp, "bin");
  await mkdir(folder);
  for (const [side, text] of Object.entries(printed)) await writeFile(path.join(folder, side), text);
  const script = [
    "#!/bin/sh",
    `cd ${folder}`,
    'echo "$* with $(cat "$KUBECONFIG"), $PULUMI_ACCESS_TOKEN" >> calls',
    'case "$*" in *--cwd*) cat base ;; *) cat head ;; esac',
    'exit "$STAND_IN_EXIT"',
  ];
  await writeFile(path.join(folder, "pulumi"), `${script.join("\n")}\n`);
  await chmod(path.join(folder, "pulumi"), 0o755);
  return {
    environment: { PATH: `${folder}${path.delimiter}${process.env["PATH"] ?? ""}`, STAND_IN_EXIT: "0" },
    calls: async () => (await readFile(path.join(folder, "calls"), "utf8")).trimEnd().split("\n"),
  };
}
