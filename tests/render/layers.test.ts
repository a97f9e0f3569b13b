import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect } from "chai";
import { execa } from "execa";
import { parse } from "yaml";
import { layerSettings } from "../../render/layers.ts";

const repository = path.resolve(import.meta.dirname, "../..");

describe("merged stack files", () => {
  it("change the settings that they contain, and no others", () => {
    const below = { namespace: { name: "ml", quota: { hard: { pods: "50" } } }, canaryWeight: 10 };
    const above = { namespace: { quota: { hard: { "limits.cpu": "8" } } }, canaryWeight: 0 };
    expect(layerSettings([below, above])).to.deep.equal({
      namespace: { name: "ml", quota: { hard: { pods: "50", "limits.cpu": "8" } } },
      canaryWeight: 0,
    });
  });

  it("match models by name, versions by number and training runs by name, and add new ones", () => {
    const below = {
      "ml-platform:models": [
        { model: "iris", versions: [{ version: "1", replicas: 3, name: "iris" }, { version: "2" }] },
        { model: "other", versions: [{ version: "1" }] },
      ],
      training: { jobs: [{ name: "train", task: "iris", epochs: 5 }] },
    };
    const above = {
      "ml-platform:models": [{ model: "iris", versions: [{ version: "1", replicas: 1 }, { version: "3" }] }],
      training: { jobs: [{ name: "train", epochs: 1 }] },
    };
    expect(layerSettings([below, above])).to.deep.equal({
      "ml-platform:models": [
        { model: "iris", versions: [{ version: "1", replicas: 1, name: "iris" }, { version: "2" }, { version: "3" }] },
        { model: "other", versions: [{ version: "1" }] },
      ],
      training: { jobs: [{ name: "train", task: "iris", epochs: 1 }] },
    });
  });

  it("replace any other list as a whole, and remove settings that they set to null", () => {
    const below = {
      hosts: ["a.example.com", "b.example.com"],
      policies: [{ value: 1 }],
      autoscaling: { maxReplicas: 4 },
    };
    const above = { hosts: ["c.example.com"], policies: [{ value: 2 }], autoscaling: null };
    expect(layerSettings([below, above])).to.deep.equal({ hosts: ["c.example.com"], policies: [{ value: 2 }] });
  });

  it("do not modify the files that they are read from", () => {
    const below = { models: [{ model: "iris", versions: [{ version: "1" }] }] };
    layerSettings([below, { models: [{ model: "iris", versions: [{ version: "1", replicas: 2 }] }] }]);
    expect(below).to.deep.equal({ models: [{ model: "iris", versions: [{ version: "1" }] }] });
  });

  describe("given to render", () => {
    let folder: string;
    beforeEach(async () => {
      folder = await mkdtemp(path.join(tmpdir(), "layers-"));
    });
    afterEach(() => rm(folder, { recursive: true }));

    it("produce the objects of all settings combined", async () => {
      const overlay = path.join(folder, "overlay.yaml");
      // A key means the same with and without the project's name.
      await writeFile(
        overlay,
        "config:\n  canaryWeight: 100\n  ml-platform:models:\n    - model: iris\n      versions: [{ version: '1', replicas: 5 }]\n",
      );
      const files = ["--config-file", "Pulumi.dev.yaml", "--config-file", overlay];
      const out = path.join(folder, "out");
      const { exitCode, stderr } = await execa(
        process.execPath,
        ["render/cli.ts", "--stack", "dev", ...files, "--out", out],
        { cwd: repository, reject: false },
      );
      expect(exitCode, stderr).to.equal(0);
      const read = async (name: string) => parse(await readFile(path.join(out, name), "utf8"));
      expect((await read("deployment-iris.yaml")).spec.replicas).to.equal(5);
      const { rules } = (await read("httproute-sentiment-classifier.yaml")).spec;
      expect(rules[1].backendRefs.map(({ weight }: { weight: number }) => weight)).to.deep.equal([0, 100]);
      expect(await readdir(out)).to.include("deployment-model-v1.yaml");
    });

    it("produce the same objects as the merged file for the Pulumi CLI", async () => {
      const overlay = path.join(folder, "overlay.yaml");
      await writeFile(overlay, "config:\n  ml-platform:canaryWeight: 50\n");
      const files = ["--config-file", "Pulumi.dev.yaml", "--config-file", overlay];
      const one = path.join(folder, "Pulumi.one.yaml");
      const run = (...args: string[]) => execa(process.execPath, args, { cwd: repository });
      await run("render/stack-file-cli.ts", ...files, "--out", one);
      await run("render/cli.ts", "--stack", "dev", ...files, "--out", path.join(folder, "layers"));
      await run("render/cli.ts", "--stack", "dev", "--config-file", one, "--out", path.join(folder, "one"));
      const names = await readdir(path.join(folder, "layers"));
      expect(await readdir(path.join(folder, "one"))).to.deep.equal(names);
      for (const name of names) {
        const [a, b] = ["layers", "one"].map((out) => path.join(folder, out, name));
        expect(await readFile(a ?? "", "utf8")).to.equal(await readFile(b ?? "", "utf8"));
      }
    });

    it("quote strings that Go would parse as dates or booleans", async () => {
      const overlay = path.join(folder, "overlay.yaml");
      const settings = 'versions: [{ version: "1", trainedDate: "2026-01-15", environment: { FLAG: "on" } }]';
      await writeFile(overlay, `config:\n  ml-platform:models:\n    - model: iris\n      ${settings}\n`);
      const files = ["--config-file", "Pulumi.dev.yaml", "--config-file", overlay];
      const one = path.join(folder, "Pulumi.one.yaml");
      await execa(process.execPath, ["render/stack-file-cli.ts", ...files, "--out", one], { cwd: repository });
      const text = await readFile(one, "utf8");
      expect(text).to.contain('trainedDate: "2026-01-15"');
      expect(text).to.contain('FLAG: "on"');
    });

    it("are named in the error if they do not exist", async () => {
      const files = ["--config-file", "Pulumi.dev.yaml", "--config-file", path.join(folder, "none.yaml")];
      const { exitCode, stderr } = await execa(
        process.execPath,
        ["render/cli.ts", "--stack", "dev", ...files, "--out", path.join(folder, "out")],
        { cwd: repository, reject: false },
      );
      expect(exitCode).to.equal(1);
      expect(stderr).to.match(/none\.yaml: there is no such file/);
      expect(await readdir(folder)).to.not.include("out");
    });
  });
});
