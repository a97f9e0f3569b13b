import { readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "chai";
import { execa } from "execa";
import { parse, stringify } from "yaml";
import { childrenOf, commandOf } from "../../../common/processes.ts";
import { Workspace } from "../../../engine/pulumi/workspace.ts";
import { valueAt } from "../../../engine/status/fields.ts";
import { local, pulumi, startLocal } from "../support/cluster.ts";
import { eventually } from "../support/wait.ts";
import { type EngineStack, engineStack } from "./stack.ts";

/** Processes of the engine, by their command line. */
const VICTIMS = {
  "the CLI": /\/pulumi up /,
  "the kubernetes provider": /pulumi-resource-kubernetes/,
  "the program": /@pulumi\/pulumi\/cmd\/run/,
} as const;

describe("a failing up under the Pulumi engine", function () {
  this.timeout(400_000);
  let stack: EngineStack;

  before(async function () {
    this.timeout(60 * 60_000);
    stack = await engineStack("faults");
    // One model is enough.
    await stack.set(["models"], ((await stack.setting("models")) as unknown[]).slice(1, 2));
    await stack.set(["training"], {});
  });
  after(() => stack?.remove());

  const start = () => startLocal("up", ...stack.upArguments);
  /** The value, in the stack's ConfigMaps, of the setting that each test changes. */
  const rounds = async () => {
    const maps = await stack.cluster.kubectl.get(["configmaps", `--namespace=${stack.namespace}`]);
    return maps.flatMap((map) => (valueAt(map, "data.ROUND") as string | undefined) ?? []);
  };

  for (const [name, command] of Object.entries(VICTIMS)) {
    it(`continues after ${name} was killed, and leaves no process behind`, async () => {
      await stack.set(["models", 0, "versions", 0, "environment"], { ROUND: name.replaceAll(" ", "-") });
      const victim = start();
      const pid = await eventually(`process of ${name}`, async () => {
        const found = descendants(victim.pid ?? 0).find((child) => command.test(commandOf(child)));
        // The program and the provider also run during the preview, but only the update changes anything.
        return found !== undefined && hasAncestor(found, victim.pid ?? 0, VICTIMS["the CLI"]) ? found : undefined;
      });
      process.kill(pid, "SIGKILL");
      const { exitCode, all } = await victim;
      expect(exitCode, all).to.equal(1);
      expect(all).to.match(/pulumi up failed/);
      await eventually(`end of the engine's processes`, async () =>
        (await engineProcesses(stack.cluster.folder)).length === 0 ? true : undefined,
      );
      await stack.up();
      await stack.cli("preview", "--expect-no-changes");
      expect(await rounds()).to.deep.equal([name.replaceAll(" ", "-")]);
    });
  }

  it("waits for another up to end, and says which process is changing the stack", async () => {
    await stack.set(["models", 0, "versions", 0, "environment"], { ROUND: "two-at-once" });
    const first = pulumi("up", "--yes", "--skip-preview", "--stack", stack.name);
    await eventually("lock of the first", async () => {
      const { stdout } = await execa(
        "find",
        [path.join(stack.cluster.folder, "state/deploy/pulumi/state/.pulumi/locks"), "-name", "*.json"],
        {
          reject: false,
        },
      );
      return stdout.includes(`/${stack.name}/`) ? true : undefined;
    });
    const second = await pulumi("up", "--yes", "--skip-preview", "--stack", stack.name);
    expect(second.exitCode, second.all).to.equal(0);
    expect(second.all).to.match(/waiting for process \d+ of \S+, which has been changing this stack since/);
    const { exitCode, all } = await first;
    expect(exitCode, all).to.equal(0);
    await stack.cli("preview", "--expect-no-changes");
  });

  it("reports a missing kubeconfig and an unreachable cluster, and succeeds with the right kubeconfig", async () => {
    await stack.set(["models", 0, "versions", 0, "environment"], { ROUND: "wrong-kubeconfig" });
    expect(await stack.preview()).to.have.length.at.least(1);
    const state = path.join(stack.cluster.folder, "state/deploy");
    const settings = parse(await readFile(new Workspace(state).stackFile(stack.name), "utf8"));
    const broken = path.join(stack.cluster.folder, "broken.yaml");
    const withKubeconfig = async (kubeconfig: string) => {
      const cluster = { ...settings.config["ml-platform:cluster"], kubeconfig };
      const config = { ...settings.config, "ml-platform:cluster": cluster };
      await writeFile(broken, stringify({ ...settings, config }));
      return stack.refused("up", "--yes", "--skip-preview", `--config-file=${broken}`);
    };
    expect(await withKubeconfig("/nowhere/kubeconfig")).to.match(/kubeconfig/);
    const kubeconfig = parse(await readFile(stack.cluster.kubeconfig, "utf8"));
    kubeconfig.clusters[0].cluster.server = "https://127.0.0.1:9";
    const unreachable = path.join(stack.cluster.folder, "unreachable");
    await writeFile(unreachable, stringify(kubeconfig));
    expect(await withKubeconfig(unreachable)).to.match(/unreachable|127\.0\.0\.1:9/);
    await stack.up();
    await stack.cli("preview", "--expect-no-changes");
    expect(await rounds()).to.deep.equal(["wrong-kubeconfig"]);
  });

  it("loses nothing when the cluster stops and starts again", async () => {
    const { exitCode, all } = await local("down");
    expect(exitCode, all).to.equal(0);
    expect(await stack.refused("up", "--yes", "--skip-preview", "--refresh")).to.match(/unreachable|refused|no route/);
    await local("up", "--port", stack.cluster.port);
    await stack.cli("preview", "--expect-no-changes");
  });
});

/** Descendants of a process. */
function descendants(pid: number): number[] {
  return childrenOf(pid).flatMap((child) => [child, ...descendants(child)]);
}

/** Whether a descendant, or a process between it and its ancestor, has a matching command line. */
function hasAncestor(pid: number, ancestor: number, command: RegExp): boolean {
  const children = childrenOf(ancestor);
  return children.some((child) => {
    const below = child === pid || descendants(child).includes(pid);
    return below && (command.test(commandOf(child)) || (child !== pid && hasAncestor(pid, child, command)));
  });
}

/** Running processes of the engine, its plugins and its programs for a cluster's stacks. */
async function engineProcesses(folder: string): Promise<string[]> {
  const found: string[] = [];
  for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
    const command = commandOf(Number(pid));
    if (!Object.values(VICTIMS).some((pattern) => pattern.test(command))) continue;
    // Others may use the engine on this machine at the same time.
    const environment = await readFile(`/proc/${pid}/environ`, "utf8").catch(() => "");
    if (environment.includes(folder)) found.push(command);
  }
  return found;
}
