import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { builtinModules, createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect } from "chai";
import { execa } from "execa";

const repository = path.resolve(import.meta.dirname, "../..");
/** Files below a folder, as paths relative to it. */
const filesOf = async (folder: string) =>
  (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)));
const readJson = async (file: string) => JSON.parse(await readFile(file, "utf8"));

/** A program outside this project: it creates a model service, and prints the resources that it registered. */
const program = (replicas: string) => `
import * as pulumi from "@pulumi/pulumi";
import { ModelService, type ModelServiceArgs, Namespace } from "@ml-platform/components";

const kinds: string[] = [];
await pulumi.runtime.setMocks({
  newResource: ({ type, name, inputs }) => {
    kinds.push(type);
    return { id: name, state: { ...inputs, metadata: { name, ...inputs.metadata } } };
  },
  call: () => ({}),
});
const namespace = new Namespace("serving", { name: "serving", environment: "test", quota: { hard: { pods: "10" } } });
const versions: ModelServiceArgs["versions"] = [{ version: "1", replicas: ${replicas}, disruptionBudget: { minAvailable: 1 } }];
const service = new ModelService("iris", { namespace: namespace.name, model: "iris", image: "i", modelsClaim: "models", versions });
let name = "";
pulumi.output(service.backend("1").service).apply((known) => (name = known));
await pulumi.runtime.disconnect();
console.log(JSON.stringify({ name, kinds }));
`;

describe("the component package", function () {
  this.timeout(180_000);
  let folder: string;
  let installed: string;
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "package-"));
    await execa("npm", ["pack", "./components", "--pack-destination", folder], { cwd: repository });
    const [archive] = (await readdir(folder)).filter((name) => name.endsWith(".tgz"));
    // The layout that `npm install` creates, with this project's own dependencies.
    installed = path.join(folder, "node_modules/@ml-platform/components");
    await mkdir(installed, { recursive: true });
    await execa("tar", ["-xzf", path.join(folder, archive ?? ""), "--strip-components=1", "-C", installed]);
    await symlink(path.join(repository, "node_modules/@pulumi"), path.join(folder, "node_modules/@pulumi"));
    await symlink(path.join(repository, "node_modules/@types"), path.join(folder, "node_modules/@types"));
    await writeFile(path.join(folder, "package.json"), '{ "type": "module" }');
    const compilerOptions = {
      strict: true,
      target: "es2024",
      module: "nodenext",
      types: ["node"],
      noEmit: true,
      skipLibCheck: true,
    };
    await writeFile(path.join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["*.ts"] }));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it("reports a wrong argument in another program at compile time, and nothing else", async () => {
    await writeFile(path.join(folder, "right.ts"), program("2"));
    await writeFile(path.join(folder, "wrong.ts"), program('"two"'));
    const tsc = path.join(repository, "node_modules/.bin/tsc");
    const { stdout } = await execa(tsc, ["--project", "."], { cwd: folder, reject: false });
    expect(stdout.split("\n").filter((line) => /^\S/.test(line))).to.have.length(1);
    expect(stdout).to.match(/^wrong\.ts.*'string' is not assignable to type 'number'/);
  });

  it("works in another program", async () => {
    await writeFile(path.join(folder, "right.ts"), program("2"));
    const { stdout } = await execa(process.execPath, ["right.ts"], { cwd: folder });
    const { name, kinds } = JSON.parse(stdout);
    expect(name).to.equal("iris-v1");
    expect(kinds).to.include.members([
      "kubernetes:apps/v1:Deployment",
      "kubernetes:core/v1:Namespace",
      "kubernetes:core/v1:ResourceQuota",
      "kubernetes:core/v1:Service",
      "kubernetes:policy/v1:PodDisruptionBudget",
    ]);
  });

  it("contains only compiled code with its types and the name of the license", async () => {
    const { exports, license } = await readJson(path.join(installed, "package.json"));
    expect(license).to.equal("Apache-2.0");
    const files = await filesOf(path.join(installed, "dist"));
    expect(files.filter((name) => !/\.(d\.ts|js|json)$/.test(name))).to.deep.equal([]);
    expect(files).to.include.members([path.basename(exports["."].types), path.basename(exports["."].default)]);
    expect(await readdir(installed)).to.have.members(["README.md", "dist", "package.json"]);
  });

  it("declares every package that it imports, at the tested version", async () => {
    const { dependencies, peerDependencies } = await readJson(path.join(installed, "package.json"));
    const own = (await readJson(path.join(repository, "package.json"))).dependencies;
    for (const [name, version] of Object.entries(dependencies)) expect(own[name], name).to.equal(version);
    expect(peerDependencies["@pulumi/pulumi"]).to.equal(`^${own["@pulumi/pulumi"]}`);

    const files = (await filesOf(path.join(installed, "dist"))).filter((name) => name.endsWith(".js"));
    const texts = await Promise.all(files.map((name) => readFile(path.join(installed, "dist", name), "utf8")));
    const imported = texts.flatMap((text) => [...text.matchAll(/ from "([^."][^"]*)"/g)].map(([, name]) => name ?? ""));
    const packages = new Set(imported.map((name) => name.split("/").slice(0, 2).join("/")));
    for (const name of packages) {
      if (name.startsWith("node:") || builtinModules.includes(name)) continue;
      expect({ ...dependencies, ...peerDependencies }).to.have.any.keys(name);
      createRequire(path.join(repository, "package.json")).resolve(name);
    }
    expect([...packages]).to.include("@pulumi/kubernetes");
  });
});
