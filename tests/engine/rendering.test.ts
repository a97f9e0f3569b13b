import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect } from "chai";
import { writeKubeconfig } from "../../bench/engine/stack.ts";
import type { PreviewStep } from "../../engine/pulumi/preview.ts";
import { Session } from "../../engine/pulumi/session.ts";
import { Workspace } from "../../engine/pulumi/workspace.ts";
import { renderStack } from "../../render/render.ts";
import { stacks } from "../render/stacks.ts";
import { ensureTool } from "../tools/index.ts";
import { expectRendered } from "./registered.ts";

const repository = path.resolve(import.meta.dirname, "../..");
const images = { inference: "localhost/inference:1", trainer: "localhost/trainer:1" };

describe("the objects that the engine registers", function () {
  this.timeout(300_000);
  let folder: string;
  let kubeconfig: string;
  before(async function () {
    // Builds the engine on first use.
    this.timeout(60 * 60_000);
    await ensureTool("pulumi");
    folder = await mkdtemp(path.join(tmpdir(), "registered-"));
    // A preview of a new stack needs no cluster.
    kubeconfig = await writeKubeconfig(folder);
  });
  after(() => rm(folder, { recursive: true, force: true }));

  /** The steps of a preview, and its result by render. */
  async function preview(stack: string, files: readonly string[]) {
    const configFiles = files.map((file) => path.join(repository, file));
    const cluster = { kubeconfig, identifier: "nowhere" };
    const workspace = new Workspace(path.join(folder, stack));
    await workspace.write(stack, { configFiles, images, cluster });
    const session = await Session.open(workspace, stack, () => undefined);
    const settings = `--config-file=${workspace.stackFile(stack)}`;
    const { steps } = JSON.parse(await session.run(["preview", "--json", "--show-secrets", settings])) as {
      steps: readonly PreviewStep[];
    };
    return { steps, rendered: () => renderStack({ stack, configFiles, overrides: { images, cluster } }) };
  }

  for (const [stack, files] of Object.entries(stacks)) {
    it(`equal the output of render for ${stack}, object by object`, async () => {
      const { steps, rendered } = await preview(stack, files);
      expectRendered(steps, await rendered());
    });
  }

  it("come without a file left behind that has the cluster's credentials", async () => {
    const temporary = path.join(folder, "temporary");
    await mkdir(temporary);
    const before = process.env["TMPDIR"];
    process.env["TMPDIR"] = temporary;
    try {
      await preview("dev", stacks["dev"] ?? []);
    } finally {
      if (before === undefined) delete process.env["TMPDIR"];
      else process.env["TMPDIR"] = before;
    }
    expect(await readdir(temporary)).to.deep.equal([]);
  });
});
