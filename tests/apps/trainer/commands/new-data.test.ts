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
  const MARK = "new_data_available";
  beforeEach(async () => {
    folder = await temporaryDirectory();
    env = { MODELS_DIR: path.join(folder, "models"), DATA_DIR: data() };
    await mkdir(data());
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const train = (...args: readonly string[]) =>
    trainer(["train", "--task", "half_plus_two", "--when-new-data", ...args], { env });
  const versions = () => listVersions(path.join(folder, "models"), "half_plus_two");

  it("trains nothing where there is no mark, and says so", async () => {
    const run = await train();
    expect(run).to.include({ code: 0, errors: "" });
    expect(run.output).to.equal(`no new data: there is no ${data(MARK)}, so nothing was trained\n`);
    expect(await versions()).to.deep.equal([]);
  });

  it("trains where there is one and clears it, so that the next run does nothing", async () => {
    await writeFile(data(MARK), "");
    const run = await train();
    expect(run).to.include({ code: 0, errors: "" });
    expect(run.output)
      .to.match(/^half_plus_two version 1 published\n/)
      .and.include(`${data(MARK)} cleared`);
    expect(await readdir(data())).to.deep.equal([]);
    expect((await train()).output).to.match(/^no new data/);
    expect(await versions()).to.deep.equal(["1"]);
  });

  it("keeps the mark where training fails or is refused", async () => {
    await writeFile(data(MARK), "");
    expect(await train("--max-error", "1e-30")).to.include({ code: 1 });
    expect(await train("--param", "pairs=none")).to.include({ code: 1 });
    expect(await readdir(data())).to.deep.equal([MARK]);
    expect(await versions()).to.deep.equal([]);
  });

  it("keeps a mark that is set again while it trains", async () => {
    const overwrite = async () => {
      await writeFile(data(MARK), "more");
      // Two marks within one tick of a coarse clock would look alike.
      const later = new Date(Date.now() + 60_000);
      await utimes(data(MARK), later, later);
    };
    const replace = async () => {
      await rm(data(MARK));
      await writeFile(data("other"), "");
      await overwrite();
      await rm(data("other"));
    };
    for (const setAgain of [overwrite, replace]) {
      await writeFile(data(MARK), "");
      const lines = await whenNewData(data(), async () => {
        await setAgain();
        return ["trained"];
      });
      expect(lines).to.deep.equal(["trained", `  ${data(MARK)} was set again meanwhile and stays`]);
      expect(await readdir(data())).to.deep.equal([MARK]);
      expect(await whenNewData(data(), async () => ["again"])).to.deep.equal(["again", `  ${data(MARK)} cleared`]);
    }
  });

  it("is content where another run has cleared the mark already", async () => {
    await writeFile(data(MARK), "");
    const lines = await whenNewData(data(), async () => {
      await rm(data(MARK));
      return ["trained"];
    });
    expect(lines).to.deep.equal(["trained", `  ${data(MARK)} cleared`]);
  });
});
