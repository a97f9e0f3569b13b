import { expect } from "chai";
import { readCommandLine } from "../../engine/cli.ts";
import { pluginEnvironment } from "../../engine/command.ts";

describe("a command line of the Pulumi CLI", () => {
  it("names its stack in any of the CLI's ways", () => {
    for (const args of [["--stack", "prod"], ["--stack=prod"], ["-s", "prod"], ["-s=prod"]]) {
      expect(readCommandLine(["preview", ...args]).stack, args.join(" ")).to.equal("prod");
    }
    expect(readCommandLine(["up"]).stack).to.equal(undefined);
  });

  it("is given the stack's settings unless it names a file of its own", () => {
    expect(readCommandLine(["up", "--config-file", "x.yaml"]).ownFile).to.equal(true);
    expect(readCommandLine(["up", "--diff"])).to.include({
      command: "up",
      ownFile: false,
      help: false,
      removes: false,
    });
  });

  it("is known to take a stack away, so that the checkout's stack file stays", () => {
    expect(readCommandLine(["stack", "rm", "--yes"]).removes).to.equal(true);
    expect(readCommandLine(["destroy", "--yes", "--remove"]).removes).to.equal(true);
    expect(readCommandLine(["stack", "output"]).removes).to.equal(false);
  });
});

describe("the environment of the CLI", () => {
  it("has the plugins of this project for the CLI built here, and leaves any other to its own", () => {
    const built = pluginEnvironment({ program: "/cache/pulumi", origin: "built" }, "/state/home", "/usr/bin");
    expect(built["PATH"]).to.match(/^\/cache:.*engine\/plugins\/bin:\/usr\/bin$/);
    expect(built).to.include({ PULUMI_HOME: "/state/home", PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true" });
    expect(pluginEnvironment({ program: "/usr/bin/pulumi", origin: "path" }, "/state/home", "/usr/bin")).to.deep.equal(
      {},
    );
  });
});
