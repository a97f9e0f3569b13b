import { mkdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "chai";
import { findAccelerators } from "../../../apps/trainer/accelerators.ts";
import { temporaryDirectory } from "./support.ts";

describe("accelerators", () => {
  let devices: string;
  beforeEach(async () => {
    devices = await temporaryDirectory();
  });
  afterEach(() => rm(devices, { recursive: true, force: true }));

  it("are the GPUs with an existing device file, each listed once", async () => {
    await mkdir(path.join(devices, "dri"));
    for (const name of ["dri/card0", "dri/renderD128"]) await writeFile(path.join(devices, name), "");
    expect(findAccelerators(devices)).to.deep.equal(["renderD128"]);
    for (const name of ["nvidia1", "nvidia0", "nvidiactl", "nvidia-uvm", "tty0"])
      await writeFile(path.join(devices, name), "");
    expect(findAccelerators(devices)).to.deep.equal(["nvidia0", "nvidia1"]);
  });

  it("are none on a machine without a GPU", () => {
    expect(findAccelerators(devices)).to.deep.equal([]);
    expect(findAccelerators(path.join(devices, "missing"))).to.deep.equal([]);
  });
});
