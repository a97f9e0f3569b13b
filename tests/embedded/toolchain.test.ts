import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect } from "chai";
import { nodePaths } from "../../cluster/node/layout.ts";
import { goEnvironment } from "../../cluster/toolchain/build.ts";
import { type Build, withBuildLock } from "../../cluster/toolchain/build-lock.ts";
import { placeOf, planToolchain } from "../../cluster/toolchain/index.ts";
import { readSources, toolKey } from "../../cluster/toolchain/key.ts";
import { monitoringTools } from "../../cluster/toolchain/monitoring.ts";
import { notInstalled } from "../../cluster/toolchain/packages.ts";
import { applyPatch, without } from "../../cluster/toolchain/patch.ts";
import { checkDisk, checkGo, checkMachine } from "../../cluster/toolchain/prerequisites.ts";
import type { ModuleEdit, Tool } from "../../cluster/toolchain/tool.ts";
import { tools } from "../../cluster/toolchain/tools.ts";
import { UserError } from "../../common/errors.ts";
import { acquireLock } from "../../common/file-lock.ts";
import { cacheDirectory, stateDirectory } from "../../common/paths.ts";
import { pulumi } from "../../engine/pulumi/tool.ts";
import { intentLines } from "../../engine/up/announce.ts";
import { requestedTools, testTools } from "../tools/test-tools.ts";

const tool: Tool = { name: "hammer", version: "v1.2.3", binaries: [{ package: "a/cmd/b", name: "b" }], minutes: 3 };
const sources = new Map([
  ["go.mod", "module m"],
  ["go.sum", "sums"],
]);

const optionalTools: Tool[] = Object.values({ ...testTools, ...requestedTools, ...monitoringTools });
const everyTool: Tool[] = [...Object.values<Tool>(tools), pulumi, ...optionalTools];

/** The UserError that `action` throws. */
async function userError(action: () => unknown): Promise<UserError> {
  try {
    await action();
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  throw new Error("it did not fail");
}

describe("the cache key of a tool", () => {
  it("consists of the tool, its version and twelve hex digits", () => {
    expect(toolKey(tool, sources)).to.match(/^hammer-v1\.2\.3-[0-9a-f]{12}$/);
  });

  it("changes with everything the build depends on, and with nothing else", () => {
    const key = toolKey(tool, sources, "x64");
    expect(toolKey({ ...tool, minutes: 9 }, sources, "x64")).to.equal(key);
    expect(toolKey({ ...tool, root: "/another/checkout" }, sources, "x64"), "place of the checkout").to.equal(key);
    expect(toolKey(tool, new Map([...sources].reverse()), "x64")).to.equal(key);
    expect(toolKey(tool, new Map([...sources, ["go.sum", "other"]]), "x64")).not.to.equal(key);
    expect(toolKey({ ...tool, tags: "t" }, sources, "x64")).not.to.equal(key);
    expect(toolKey({ ...tool, linkerFlags: "-X a=b" }, sources, "x64")).not.to.equal(key);
    const patches = [{ module: "a", edits: [{ file: "a.go", text: "1", by: "2" }] }];
    expect(toolKey({ ...tool, patches }, sources, "x64")).not.to.equal(key);
    expect(toolKey(tool, sources, "arm64")).not.to.equal(key);
  });

  it("covers go.mod and go.sum of every tool that is built", () => {
    for (const built of everyTool.filter(({ binaries }) => binaries.length > 0)) {
      expect([...readSources(built).keys()], built.name).to.include.members(["go.mod", "go.sum"]);
    }
  });

  it("covers this project's own programs of the tool, not those of another tool in the same module", () => {
    const files = (built: Tool) => [...readSources(built).keys()].filter((file) => file.endsWith(".go"));
    expect(files(tools.coredns)).to.deep.equal(["cmd/coredns/main.go"]);
    expect(files(tools.helpers)).to.have.members(["cmd/pause/main.go", "cmd/provisioner/main.go"]);
    expect(files(tools.kubernetes)).to.deep.equal([]);
  });

  it("leaves out test tools and the optional add-on's for the tools that up builds", () => {
    const planned = planToolchain().map(({ tool }) => tool);
    for (const other of optionalTools) {
      expect(planned).to.not.include(other);
    }
  });

  it("matches the version in the tool's go.mod", () => {
    for (const built of everyTool.filter(({ binaries, name }) => binaries.length > 0 && name !== "helpers")) {
      expect(readSources(built).get("go.mod"), built.name).to.match(
        new RegExp(` ${RegExp.escape(built.version)}( // indirect)?\n`),
      );
    }
  });
});

describe("folders outside the checkout", () => {
  it("are the configured ones, otherwise the XDG folders, otherwise folders in the home folder", () => {
    expect(cacheDirectory({ ML_PLATFORM_CACHE: "/c", XDG_CACHE_HOME: "/x" })).to.equal("/c");
    expect(cacheDirectory({ XDG_CACHE_HOME: "/x" })).to.equal("/x/ml-platform");
    expect(cacheDirectory({})).to.match(/\/\.cache\/ml-platform$/);
    expect(stateDirectory({ ML_PLATFORM_STATE: "/s" })).to.equal("/s");
    expect(stateDirectory({ XDG_STATE_HOME: "/x" })).to.equal("/x/ml-platform");
    expect(stateDirectory({})).to.match(/\/\.local\/state\/ml-platform$/);
  });
});

describe("Go's environment", () => {
  it("keeps the user's settings, except those that change or break a build", () => {
    const given = { HOME: "/h", GOPROXY: "p", GOFLAGS: "-mod=vendor", GOOS: "windows", GOARCH: "arm", GOWORK: "/w" };
    expect(goEnvironment("/cache", given)).to.deep.equal({
      HOME: "/h",
      GOPROXY: "p",
      GOFLAGS: "",
      GOWORK: "off",
      GOCACHE: "/cache",
      GOGC: "400",
      CGO_ENABLED: "0",
    });
  });

  it("keeps the user's limits of Go's memory", () => {
    expect(goEnvironment("/cache", { GOGC: "50", GOMEMLIMIT: "1GiB" })).to.include({ GOGC: "50", GOMEMLIMIT: "1GiB" });
  });
});

describe("missing prerequisites: the error says what is missing and how to fix it", () => {
  const machine = { platform: "linux", userId: 0, aptGet: true };

  it("accepts Debian with root", () => {
    expect(() => checkMachine(machine)).not.to.throw();
  });

  it("not Linux, not root, no apt-get", async () => {
    expect((await userError(() => checkMachine({ ...machine, platform: "darwin" }))).what).to.contain("needs Linux");
    const notRoot = await userError(() => checkMachine({ ...machine, userId: 1000 }));
    expect(notRoot.what).to.contain("needs root");
    expect(notRoot.remedy).to.contain("sudo");
    expect((await userError(() => checkMachine({ ...machine, aptGet: false }))).what).to.contain("apt-get is missing");
  });

  it("no Go, Go too old", async () => {
    const missing = await userError(() => checkGo(async () => ({ found: false, exitCode: undefined, stderr: "" })));
    expect(missing.message).to.equal(
      "Go is missing: it builds the cluster's tools: install Go 1.26 or newer (go.dev/dl) and put it on PATH",
    );
    const stderr = "go: go.mod requires go >= 1.26.0 (running go 1.19.8; GOTOOLCHAIN=local)";
    const old = await userError(() => checkGo(async () => ({ found: true, exitCode: 1, stderr })));
    expect(old.what).to.contain("running go 1.19.8");
    await checkGo(async () => ({ found: true, exitCode: 0, stderr: "" }));
  });

  it("disk too full", async () => {
    const missing = [{ tool: { ...tool, minutes: 9 }, folder: "/cache/t", built: false }];
    const full = await userError(() => checkDisk("/cache", missing, async () => 3.25 * 1024 ** 3));
    expect(full.what).to.equal("/cache has 3.3 GiB free, building the tools needs 16 GiB");
    expect(full.remedy).to.contain("ML_PLATFORM_CACHE");
    await checkDisk("/cache", missing, async () => 17 * 1024 ** 3);
    await checkDisk(
      "/cache",
      [{ tool: { ...tool, minutes: 0.5 }, folder: "/cache/t", built: false }],
      async () => 3 * 1024 ** 3,
    );
  });

  it("packages: lists those that dpkg does not report as installed", () => {
    const answer = "runc installed\niptables config-files\nconntrack not-installed";
    expect(notInstalled(["runc", "iptables", "conntrack", "buildah"], answer)).to.deep.equal([
      "iptables",
      "conntrack",
      "buildah",
    ]);
  });
});

describe("patches to the source of a module", () => {
  const patch = (edits: readonly ModuleEdit[]) => applyPatch({ module: "example.org/m", edits }, folder);
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "module-"));
    await writeFile(path.join(folder, "a.go"), "import old\nvar a = old.A\nvar b = 1\n");
  });

  afterEach(() => rm(folder, { recursive: true, force: true }));

  it("are applied one after another, in place or to another file", async () => {
    await patch([
      ...without("a.go", "import old\n"),
      { file: "a.go", text: "old.A", by: "2" },
      { file: "a.go", text: "b = 1", by: "b = 3", to: "b.go" },
    ]);
    expect(await readFile(path.join(folder, "a.go"), "utf8")).to.equal("var a = 2\nvar b = 1\n");
    expect(await readFile(path.join(folder, "b.go"), "utf8")).to.equal("var a = 2\nvar b = 3\n");
  });

  it("fail if the text is missing or occurs more than once", async () => {
    for (const text of ["var c", "old"]) {
      const error = await patch([{ file: "a.go", text, by: "" }]).catch((failure: unknown) => failure);
      expect(String(error), text)
        .to.contain("example.org/m: a.go must contain this text exactly once")
        .and.contain(text);
    }
  });

  it("keep only some files of a folder", async () => {
    for (const file of ["b.go", "c.go", "notes.txt"]) await writeFile(path.join(folder, file), "");
    await applyPatch({ module: "example.org/m", keep: { ".": ["a.go", "b.go"] }, edits: [] }, folder);
    expect((await readdir(folder)).toSorted()).to.deep.equal(["a.go", "b.go", "notes.txt"]);
    const missing = { module: "example.org/m", keep: { ".": ["a.go", "d.go"] }, edits: [] };
    const error = await applyPatch(missing, folder).catch((failure: unknown) => failure);
    expect(String(error)).to.contain("must contain d.go");
  });

  it("apply to modules that go.mod requires", () => {
    for (const built of everyTool) {
      for (const { module } of built.patches ?? []) {
        expect(readSources(built).get("go.mod"), built.name).to.contain(`\t${module} v`);
      }
    }
  });
});

describe("concurrent builds of one process in a cache", () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "builds-"));
  });

  afterEach(() => rm(folder, { recursive: true, force: true }));

  it("overlap; the first prepares the cache, and the last cleans up for all of them", async () => {
    const lock = path.join(folder, "lock");
    const seen: string[] = [];
    const build = (name: string): Build => ({
      wanted: [{ tool: { ...tool, name }, folder, built: false }],
      before: async () => void seen.push("before"),
      after: async (wanted) => void seen.push(`after ${wanted.map((place) => place.tool.name)}`),
    });
    const second = Promise.withResolvers<void>();
    // The first build ends only after the second has, so both would hang if the second waited for the first.
    await Promise.all([
      withBuildLock(lock, build("a"), () => second.promise),
      withBuildLock(lock, build("b"), async () => second.resolve()),
    ]);
    expect(seen).to.deep.equal(["before", "after a,b"]);
    await withBuildLock(lock, build("c"), async () => void seen.push("c"));
    expect(seen.slice(2)).to.deep.equal(["before", "c", "after c"]);
  });

  it("release the cache even if one fails", async () => {
    const lock = path.join(folder, "lock");
    const build: Build = { wanted: [], before: async () => undefined, after: async () => undefined };
    const failing = withBuildLock(lock, build, async () => {
      throw new Error("no compiler");
    });
    expect(String(await failing.catch((error: unknown) => error))).to.contain("no compiler");
    acquireLock(lock)();
  });
});

describe("the announcement of up", () => {
  const intent = {
    packages: [],
    missing: [],
    engine: false,
    starting: false,
    gatewayPort: 8080,
    paths: nodePaths("/state"),
  };

  it("is empty if nothing will change", () => {
    expect(intentLines(intent, "/cache")).to.deep.equal([]);
  });

  it("lists packages, builds and changes to the machine", () => {
    const lines = intentLines(
      { ...intent, packages: ["runc"], missing: [{ tool, folder: "/cache/t", built: false }], starting: true },
      "/cache",
    );
    expect(lines[0]).to.equal("install Debian packages: runc");
    expect(lines[1]).to.equal("build hammer into /cache (once; about 3 min on two cores)");
    const [engine] = intentLines({ ...intent, engine: true }, "/cache");
    expect(engine).to.contain("Pulumi CLI").and.contain("/cache");
    expect(lines[2]).to.contain("/state").and.contain("ml-host0").and.contain("127.0.0.1:8080");
  });
});

describe("the plan of the toolchain", () => {
  it("finds nothing built in an empty cache, and gives every tool its own folder", () => {
    const plan = planToolchain("/nowhere");
    expect(plan.map(({ built }) => built)).to.not.include(true);
    const folders = [...plan, placeOf(pulumi, "/nowhere")].map(({ folder }) => folder);
    expect(new Set(folders).size).to.equal(Object.keys(tools).length + 1);
  });
});
