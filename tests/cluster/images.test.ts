import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect } from "chai";
import { writeArchive } from "../../cluster/images/archive.ts";
import { buildah } from "../../cluster/images/buildah.ts";
import { installPackages, missingPackages } from "../../cluster/toolchain/packages.ts";

const BASE = "localhost/base:1";

describe("an image that is built on one of ours", function () {
  // The Debian package may have to be installed.
  this.timeout(600_000);
  let folder: string;
  let storage: string;
  let context: string;

  before(async () => {
    await installPackages(await missingPackages(["buildah"]), () => undefined);
    folder = await mkdtemp(path.join(tmpdir(), "ml-platform-images-"));
    storage = path.join(folder, "storage");
    context = path.join(folder, "context");
    await Promise.all([mkdir(storage), mkdir(context), mkdir(path.join(folder, "etc"))]);
    await writeFile(path.join(folder, "etc/passwd"), "root:x:0:0::/:/bin/sh\n");
    const image = { reference: BASE, folder, entries: ["etc"], config: { Env: ["PATH=/bin"] } };
    await buildah(storage, ["pull", "--quiet", `docker-archive:${await writeArchive(image, folder)}`]);
    await writeFile(path.join(context, "Dockerfile"), `FROM ${BASE}\nWORKDIR /app\nCOPY *.txt ./\nENV A=1\n`);
  });

  after(() => rm(folder, { recursive: true, force: true }));

  /** Builds the image; returns the number of steps that reused a layer. */
  async function reusedSteps(): Promise<number> {
    const lines: string[] = [];
    const flags = [
      "--isolation",
      "chroot",
      "--pull-never",
      "--layers",
      "--format",
      "docker",
      "--tag",
      "localhost/app:1",
    ];
    await buildah(storage, ["build", ...flags, context], (line) => lines.push(line));
    return lines.filter((line) => line.includes("Using cache")).length;
  }

  it("reuses the layers of unchanged steps", async () => {
    await writeFile(path.join(context, "a.txt"), "1");
    expect(await reusedSteps()).to.equal(0);
    expect(await reusedSteps()).to.equal(3);
    await writeFile(path.join(context, "a.txt"), "2");
    expect(await reusedSteps()).to.equal(1);
  });
});
