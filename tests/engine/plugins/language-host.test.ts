import { once } from "node:events";
import { readFile } from "node:fs/promises";
import path from "node:path";
import grpc from "@grpc/grpc-js";
import language from "@pulumi/pulumi/proto/language_grpc_pb.js";
import messages, { type ProgramInfo, type RunRequest, type RunResponse } from "@pulumi/pulumi/proto/language_pb.js";
import { expect } from "chai";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import struct from "google-protobuf/google/protobuf/struct_pb.js";
import { type FakeEngine, startFakeEngine } from "./fake-engine.ts";
import { ended, executable, folder, insecure, type Plugin, reply, startPlugin, startUnderParent } from "./plugin.ts";

const repository = path.resolve(import.meta.dirname, "../../..");
const RUNS_ON = "console.log('pid', process.pid); setInterval(() => {}, 1000); await new Promise(() => {});";
const SPINS = "console.log('pid', process.pid); for (;;) {}";

describe("the language host", () => {
  let engine: FakeEngine;
  let host: Plugin;
  let client: InstanceType<typeof language.LanguageRuntimeClient>;

  beforeEach(async () => {
    engine = await startFakeEngine();
    host = await startPlugin(executable("pulumi-language-nodejs"), engine.address);
    client = new language.LanguageRuntimeClient(host.address, insecure);
  });

  afterEach(async () => {
    client.close();
    if (host.process.exitCode === null && host.process.signalCode === null) {
      host.process.kill("SIGKILL");
      await once(host.process, "exit");
    }
    engine.close();
  });

  it("answers a handshake, and has the version of the SDK", async () => {
    const handshake = new messages.LanguageHandshakeRequest();
    handshake.setEngineAddress(engine.address);
    await reply((done) => client.handshake(handshake, done));
    const info = await reply<{ getVersion(): string }>((done) => client.getPluginInfo(new empty.Empty(), done));
    const sdk = JSON.parse(await readFile(path.join(repository, "node_modules/@pulumi/pulumi/package.json"), "utf8"));
    expect(info.getVersion()).to.equal(sdk.version);
  });

  it("lists the providers in node_modules with their versions", async () => {
    const request = new messages.GetRequiredPackagesRequest();
    request.setInfo(program(repository));
    const response = await reply<{ toObject(): messages.GetRequiredPackagesResponse.AsObject }>((done) =>
      client.getRequiredPackages(request, done),
    );
    const { dependencies } = JSON.parse(await readFile(path.join(repository, "package.json"), "utf8"));
    const found = response.toObject().packagesList.map(({ name, version }) => [name, version]);
    expect(found).to.have.deep.members(
      ["docker-build", "kubernetes", "random"].map((name) => [name, `v${dependencies[`@pulumi/${name}`]}`]),
    );
  });

  it("lists the packages of the program, and its runtime", async () => {
    const request = new messages.GetProgramDependenciesRequest();
    request.setInfo(program(repository));
    const response = await reply<{ toObject(): messages.GetProgramDependenciesResponse.AsObject }>((done) =>
      client.getProgramDependencies(request, done),
    );
    const { dependencies, devDependencies } = JSON.parse(await readFile(path.join(repository, "package.json"), "utf8"));
    const names = response.toObject().dependenciesList.map(({ name }) => name);
    expect(names).to.have.members(Object.keys({ ...dependencies, ...devDependencies }));

    const about = await reply<{ getVersion(): string }>((done) => client.about(new messages.AboutRequest(), done));
    expect(about.getVersion()).to.equal(process.version);
  });

  it("runs an ES module in TypeScript to completion, with configuration, output and Node.js arguments", async () => {
    const response = await run(`
      import * as pulumi from "@pulumi/pulumi";
      const config: pulumi.Config = new pulumi.Config();
      console.log("config", JSON.stringify({ plain: config.require("plain"), key: config.require("key") }));
      console.log("secret", await pulumi.isSecret(config.requireSecret("key")), process.env.PULUMI_CONFIG_SECRET_KEYS);
      console.log("stack", pulumi.getOrganization(), pulumi.getProject(), pulumi.getStack(), pulumi.runtime.isDryRun());
      console.log("node", process.execArgv.includes("--title=a program"), process.cwd() === import.meta.dirname);
      console.error("an error line");`);
    expect(response.toObject()).to.deep.equal({ error: "", bail: false });
    expect(engine.registered).to.deep.equal(["pulumi:pulumi:Stack"]);
    expect(engine.errors).to.deep.equal([]);
    expect(host.lines).to.include.members([
      'config {"plain":"a: value","key":"hidden"}',
      'secret true ["tiny:key"]',
      "stack people tiny dev true",
      "node true true",
    ]);
  });

  it("does not report a second error if the program throws", async () => {
    const response = await run('throw new Error("on purpose");');
    expect(response.toObject()).to.deep.equal({ error: "", bail: true });
    expect(engine.errors.join()).to.include("on purpose");
  });

  it("reports the exit code of a program, or the signal that ended it", async () => {
    expect((await run("process.exit(3);")).getError()).to.equal("Program exited with non-zero exit code: 3");
    expect((await run('process.kill(process.pid, "SIGKILL");')).getError()).to.equal("Program was ended by SIGKILL");
    expect((await run("process.abort();")).getError()).to.include("--max-old-space-size");
  });

  it("says how to shorten settings that are too long to pass to a program", async () => {
    const long = request(repository);
    long.getConfigMap().set("tiny:models", "x".repeat(1 << 17));
    const { error = "" } = (await reply<RunResponse>((done) => client.run(long, done))).toObject();
    expect(error).to.include("write what models share once, in modelDefaults");
  });

  it("says that the SDK is not installed, or which runtime option is wrong", async () => {
    const elsewhere = request("/");
    expect((await reply<RunResponse>((done) => client.run(elsewhere, done))).getError()).to.include("npm ci");
    const wrong = request(repository, { nodeargs: true });
    expect((await reply<RunResponse>((done) => client.run(wrong, done))).getError()).to.include(
      "nodeargs must be a string",
    );
  });

  for (const [what, text] of [
    ["waits", RUNS_ON],
    ["never yields", SPINS],
  ] as const) {
    it(`ends a program that ${what} when the call is canceled, and keeps serving`, async () => {
      await using place = await programFolder(text);
      const { promise, call } = start(place.directory);
      const pid = await host.line(/^pid (\d+)$/);
      call.cancel();
      const error = await promise.then(
        () => undefined,
        (reason: grpc.ServiceError) => reason,
      );
      expect(error?.code).to.equal(grpc.status.CANCELLED);
      await ended(pid);
      await reply((done) => client.getPluginInfo(new empty.Empty(), done));
    });

    it(`ends when its parent ends, and also ends a program that ${what}`, async () => {
      await using place = await programFolder(text);
      const parent = await startUnderParent("pulumi-language-nodejs", engine.address);
      const other = new language.LanguageRuntimeClient(parent.address, insecure);
      other.run(request(place.directory), () => undefined);
      const pids = [await parent.line(/^plugin (\d+)$/), await parent.line(/^pid (\d+)$/)];
      parent.process.kill("SIGKILL");
      await Promise.all(pids.map(ended));
      other.close();
    });
  }

  it("interrupts the program when the engine cancels the operation", async () => {
    await using place = await programFolder(RUNS_ON);
    const { promise } = start(place.directory);
    await host.line(/^pid (\d+)$/);
    await reply((done) => client.cancel(new empty.Empty(), done));
    expect((await promise).getError()).to.equal("Program was ended by SIGINT");
  });

  it("ends on a signal, after the program has ended", async () => {
    await using place = await programFolder(RUNS_ON);
    const { promise } = start(place.directory);
    promise.catch(() => undefined);
    const pid = await host.line(/^pid (\d+)$/);
    host.process.kill("SIGINT");
    expect(await once(host.process, "exit")).to.deep.equal([0, null]);
    await ended(pid);
  });

  it("ends its program when it is killed", async () => {
    await using place = await programFolder(RUNS_ON);
    const { promise } = start(place.directory);
    promise.catch(() => undefined);
    const pid = await host.line(/^pid (\d+)$/);
    host.process.kill("SIGKILL");
    await ended(pid);
  });

  it("rejects package managers other than npm", async () => {
    const install = new messages.InstallDependenciesRequest();
    install.setInfo(program(repository, { packagemanager: "yarn" }));
    const [error] = await once(client.installDependencies(install).resume(), "error");
    expect(error.details).to.include("yarn install");
  });

  const programFolder = (text: string) =>
    folder({ "package.json": JSON.stringify({ type: "module", main: "index.ts" }), "index.ts": text });

  function start(directory: string) {
    const answer = Promise.withResolvers<RunResponse>();
    const call = client.run(request(directory), (error, response) =>
      error === null ? answer.resolve(response) : answer.reject(error),
    );
    return { promise: answer.promise, call };
  }

  async function run(text: string): Promise<RunResponse> {
    await using place = await programFolder(text);
    return await start(place.directory).promise;
  }

  function request(directory: string, options = {}): RunRequest {
    const made = new messages.RunRequest();
    made.setInfo(program(directory, options));
    made.setMonitorAddress(engine.address);
    made.setOrganization("people");
    made.setProject("tiny");
    made.setStack("dev");
    made.setDryrun(true);
    made.setParallel(4);
    made.getConfigMap().set("tiny:plain", "a: value").set("tiny:key", "hidden");
    made.setConfigsecretkeysList(["tiny:key"]);
    return made;
  }
});

function program(directory: string, options = {}): ProgramInfo {
  const info = new messages.ProgramInfo();
  info.setRootDirectory(directory);
  info.setProgramDirectory(directory);
  info.setEntryPoint(".");
  const all = { typescript: false, packagemanager: "npm", nodeargs: '"--title=a program"', ...options };
  info.setOptions(struct.Struct.fromJavaScript(all));
  return info;
}
