import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect } from "chai";
import { demoStackFile, faultyVersion, MODEL, setCanary } from "../../../rollout/demo/stack.ts";
import { readStackFiles, viewOf } from "../../../rollout/live/stack-file.ts";

describe("the stack of a demonstration", () => {
  let folder: string;
  let file: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "rollout-demo-"));
    file = path.join(folder, "Pulumi.rollout-demo.yaml");
    const prometheus = "http://127.0.0.1:9090";
    await writeFile(file, await demoStackFile({ name: "rollout-demo", rollout: { steps: [25] }, prometheus }));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const settings = async () => viewOf(await readStackFiles([file]), MODEL).settings;

  it("passes the checks, and gives the canary nothing", async () => {
    expect(await settings()).to.deep.include({ stable: "1", canary: "2", weight: 0 });
  });

  for (const fault of ["rare-inputs", "slow", "crash"] as const) {
    it(`passes them with a version whose fault is "${fault}"`, async () => {
      await setCanary(file, faultyVersion("2", fault));
      const { resolved } = await readStackFiles([file]);
      const version = resolved.models[0]?.versions.find((each) => each.version === "2");
      expect(version?.environment).to.include({ FAULT: fault });
    });
  }

  it("gets another canary, beside the versions that it has", async () => {
    await setCanary(file, faultyVersion("2", "slow"));
    await setCanary(file, { version: "3" });
    const { resolved } = await readStackFiles([file]);
    expect(resolved.models[0]?.versions.map(({ version }) => version)).to.deep.equal(["1", "2", "3"]);
    expect(await settings()).to.deep.include({ stable: "1", canary: "3", weight: 0 });
  });

  it("gets other settings of a version that it has", async () => {
    await setCanary(file, faultyVersion("2", "slow"));
    await setCanary(file, { version: "2" });
    const { resolved } = await readStackFiles([file]);
    expect(resolved.models[0]?.versions.map(({ environment }) => environment)).to.deep.equal([{}, {}]);
  });
});
