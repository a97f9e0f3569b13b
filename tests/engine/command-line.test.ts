import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect } from "chai";
import { readCommandLine } from "../../engine/pulumi/cli.ts";
import { preparePlugins } from "../../engine/pulumi/command.ts";

describe("a command line of the Pulumi CLI", () => {
  it("may name its stack in any form that the CLI accepts", () => {
    for (const args of [["--stack", "prod"], ["--stack=prod"], ["-s", "prod"], ["-s=prod"]]) {
      expect(readCommandLine(["preview", ...args]).stack, args.join(" ")).to.equal("prod");
    }
    expect(readCommandLine(["up"]).stack).to.equal(undefined);
  });

  it("gets the stack's settings unless it names a stack file", () => {
    expect(readCommandLine(["up", "--config-file", "x.yaml"]).ownFile).to.equal(true);
    expect(readCommandLine(["up", "--diff"])).to.include({
      command: "up",
      ownFile: false,
      help: false,
      removes: false,
    });
  });

  it("is recognized if it removes a stack, so that the stack file in the checkout is kept", () => {
    expect(readCommandLine(["stack", "rm", "--yes"]).removes).to.equal(true);
    expect(readCommandLine(["destroy", "--yes", "--remove"]).removes).to.equal(true);
    expect(readCommandLine(["stack", "output"]).removes).to.equal(false);
  });
});

describe("the environment of the CLI", () => {
  it("adds this project's plugins for a CLI built by this project, and adds nothing for any other CLI", async () => {
    const home = await mkdtemp(path.join(tmpdir(), "home-"));
    const tool = path.join(home, "cache", "pulumi");
    await mkdir(path.dirname(tool));
    await writeFile(tool, "");
    const { program, environment } = await preparePlugins({ program: tool, origin: "built" }, home, "/usr/bin");
    expect(program).to.equal(path.join(home, "bin", "pulumi"));
    expect(await readdir(path.join(home, "bin"))).to.have.members(["pulumi", "pulumi-language-nodejs"]);
    expect(environment["PATH"]).to.equal(`${home}/bin:/usr/bin`);
    expect(environment).to.include({ PULUMI_HOME: home, PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true" });
    const folders = await readdir(path.join(home, "plugins"));
    expect(folders.toSorted().map((name) => name.replace(/\d+\.\d+\.\d+$/, ""))).to.deep.equal([
      "resource-kubernetes-v",
      "resource-random-v",
    ]);
    const released = await preparePlugins({ program: "/usr/bin/pulumi", origin: "path" }, home, "/usr/bin");
    expect(released).to.deep.equal({ program: "/usr/bin/pulumi", environment: {} });
    await rm(home, { recursive: true });
  });
});
