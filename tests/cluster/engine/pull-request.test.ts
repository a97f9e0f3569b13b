import { cp, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "chai";
import { parseDocument } from "yaml";
import { Session } from "../../../engine/pulumi/session.ts";
import { Workspace } from "../../../engine/pulumi/workspace.ts";
import { type GitHub, startGitHub } from "../../review/github.ts";
import { eventOf, type PullRequest, pullRequest, runWorkflow } from "../../review/workflow.ts";
import { type Cluster, devCluster, pulumi } from "../support/cluster.ts";
import { deploy } from "../support/stacks.ts";

/** Number of the pull request that the workflow runs for. */
const NUMBER = 7;

describe("a pull request against a cluster", function () {
  this.timeout(300_000);
  let cluster: Cluster;
  let github: GitHub;
  let change: PullRequest | undefined;

  before(async function () {
    this.timeout(60 * 60_000);
    cluster = await devCluster();
    await deploy();
    github = await startGitHub();
  });
  after(() => github?.close());
  afterEach(async () => {
    await change?.remove();
    change = undefined;
  });

  /** Runs the workflow on a change of the deployed dev stack's settings. */
  async function review(settings: readonly [place: readonly (string | number)[], value: unknown][]) {
    const workspace = new Workspace(path.join(cluster.folder, "state", "deploy"));
    change = await pullRequest({
      base: (folder) => cp(workspace.stackFile("dev"), path.join(folder, "Pulumi.dev.yaml")),
      head: async (folder) => {
        const file = path.join(folder, "Pulumi.dev.yaml");
        const document = parseDocument(await readFile(file, "utf8"));
        for (const [place, value] of settings) document.setIn(["config", ...place], value);
        await writeFile(file, document.toString());
      },
    });
    const session = await Session.open(workspace, "dev", () => undefined);
    return runWorkflow(change, {
      stack: "dev",
      secrets: { KUBECONFIG: await readFile(cluster.kubeconfig, "utf8") },
      environment: {
        ...process.env,
        ...(await session.environment()),
        ...(await eventOf(change, NUMBER, github.url)),
      },
    });
  }

  it("gets one comment with the changes that the engine previews: weight, replicas, quota and cost", async () => {
    const { outcome, comment, log } = await review([
      [["ml-platform:canaryWeight"], 50],
      [["ml-platform:models", 1, "versions", 0, "replicas"], 3],
    ]);
    expect(outcome, log).to.equal("success");
    expect(comment).to.match(/### Stack `dev`: 2 updated/);
    expect(comment).to.match(/25 %.*50 %|50 %.*25 %/s);
    expect(comment).to.match(/`requests\.cpu`/);
    expect(comment).to.match(/#### Cost/);
    expect(comment).not.to.include(cluster.apiKey);
    expect(github.comments.at(-1)?.body).to.equal(comment);
  });

  it("fails if it violates a policy, which comes first in the comment", async () => {
    const { outcome, comment, log } = await review([
      [["ml-platform:environment"], "prod"],
      [["ml-platform:models", 1, "versions", 0, "environment"], { ADMIN_PASSWORD: "swordfish" }],
    ]);
    expect(outcome, log).to.equal("failure");
    expect(comment).to.match(/no-plain-credentials/);
  });

  it("can check the policies on this machine too", async () => {
    const { exitCode, all } = await pulumi("preview", "--policy-pack", "policy", "--stack", "dev");
    expect(exitCode, all).to.equal(0);
    expect(all).to.match(/Policies:/);
  });
});
