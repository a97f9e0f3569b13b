import { mkdir, readdir, rm, utimes, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "chai";
import { listVersions } from "../../../../apps/registry/index.ts";
import { whenNewData } from "../../../../apps/trainer/commands/new-data.ts";
import { temporaryDirectory, trainer } from "../support.ts";

describe("train --when-new-data", () => {
  let folder: string;
  let env: Record<string, string>;
  const data = (name = "") => path.join(folder, "data", name);
  const MARKER = "new_data_available";
  beforeEach(async () => {
    folder = await temporaryDirectory();
    env = { MODELS_DIR: path.join(folder, "models"), DATA_DIR: data() };
    await mkdir(data());
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const train = (...args: readonly string[]) =>
    trainer(["train", "--task", "half_plus_two", "--when-new-data", ...args], { env });
  const versions = () => listVersions(path.join(folder, "models"), "half_plus_two");

  it("trains nothing without the marker file, and says so", async () => {
    const run = await train();
    expect(run).to.include({ code: 0, errors: "" });
    expect(run.output).to.equal(`no new data: there is no ${data(MARKER)}, so nothing was trained\n`);
    expect(await versions()).to.deep.equal([]);
  });

  it("trains with the marker file and removes it, so that the next run does nothing", async () => {
    await writeFile(data(MARKER), "");
    const run = await train();
    expect(run).to.include({ code: 0, errors: "" });
    expect(run.output)
      .to.match(/^half_plus_two version 1 published\n/)
      .and.include(`${data(MARKER)} removed`);
    expect(await readdir(data())).to.deep.equal([]);
    expect((await train()).output).to.match(/^no new data/);
    expect(await versions()).to.deep.equal(["1"]);
  });

  it("keeps the marker if training fails or is rejected", async () => {
    await writeFile(data(MARKER), "");
    expect(await train("--max-error", "1e-30")).to.include({ code: 1 });
    expect(await train("--param", "pairs=none")).to.include({ code: 1 });
    expect(await readdir(data())).to.deep.equal([MARKER]);
    expect(await versions()).to.deep.equal([]);
  });

  it("keeps a marker that is created again during training", async () => {
    const overwrite = async () => {
      await writeFile(data(MARKER), "more");
      // Two markers within one tick of a coarse clock could not be distinguished.
      const later = new Date(Date.now() + 60_000);
      await utimes(data(MARKER), later, later);
    };
    const replace = async () => {
      await rm(data(MARKER));
      await writeFile(data("other"), "");
      await overwrite();
      await rm(data("other"));
    };
    for (const setAgain of [overwrite, replace]) {
      await writeFile(data(MARKER), "");
      const lines = await whenNewData(data(), async () => {
        await setAgain();
        return ["trained"];
      });
      expect(lines).to.deep.equal(["trained", `  ${data(MARKER)} was created again in the meantime and is kept`]);
      expect(await readdir(data())).to.deep.equal([MARKER]);
      expect(await whenNewData(data(), async () => ["again"])).to.deep.equal(["again", `  ${data(MARKER)} removed`]);
    }
  });

  it("succeeds if another run has already removed the marker", async () => {
    await writeFile(data(MARKER), "");
    const lines = await whenNewData(data(), async () => {
      await rm(data(MARKER));
      return ["trained"];
    });
    expect(lines).to.deep.equal(["trained", `  ${data(MARKER)} removed`]);
  });
});
