import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect } from "chai";
import { parseDocument } from "yaml";
import { Kubectl } from "../../../cluster/kubectl.ts";
import { Workspace } from "../../../engine/pulumi/workspace.ts";
import { demoStackFile } from "../../../rollout/demo/stack.ts";
import { LiveActor } from "../../../rollout/live/actor.ts";
import { PositionFile } from "../../../rollout/live/position.ts";
import { RecordFile } from "../../../rollout/live/record-file.ts";

/** Two drivers read the file before either has written it, unless one waits for the other. */
it("drivers of two models that write the same stack file at once lose no change", async () => {
  const folder = await mkdtemp(path.join(tmpdir(), "rollout-same-file-"));
  try {
    const file = path.join(folder, "Pulumi.two.yaml");
    const document = parseDocument(
      await demoStackFile({ name: "two", rollout: { steps: [25] }, prometheus: "http://127.0.0.1:9090" }),
    );
    const [first] = (document.toJS() as { config: { models: { traffic: object }[] } }).config.models;
    const second = { ...first, model: "other", traffic: { ...first?.traffic, path: "/other" } };
    document.addIn(["config", "models"], document.createNode(second));
    await writeFile(file, document.toString());
    const workspace = new Workspace(path.join(folder, "state"));
    const actors = ["iris", "other"].map((entry) => {
      return new LiveActor({
        stack: "two",
        entry,
        files: [file],
        workspace,
        kubectl: new Kubectl("kubectl", "none"),
        query: async () => [],
        records: new RecordFile(path.join(folder, `${entry}.jsonl`)),
        position: new PositionFile(path.join(folder, `${entry}.position`)),
        commits: undefined,
        webhook: undefined,
        report: () => undefined,
      });
    });
    const raised = async (actor: LiveActor) => actor.configure({ ...(await actor.view()).settings, weight: 25 });
    await Promise.all(actors.map(raised));
    const weights = await Promise.all(actors.map(async (actor) => (await actor.view()).settings.weight));
    expect(weights).to.deep.equal([25, 25]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
