import { once } from "node:events";
import { createInterface } from "node:readline";
import { PassThrough } from "node:stream";
import grpc from "@grpc/grpc-js";
import analyzer from "@pulumi/pulumi/proto/analyzer_grpc_pb.js";
import analyzerMessages from "@pulumi/pulumi/proto/analyzer_pb.js";
import language from "@pulumi/pulumi/proto/language_grpc_pb.js";
import messages, { type RunPluginResponse } from "@pulumi/pulumi/proto/language_pb.js";
import { expect } from "chai";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import struct from "google-protobuf/google/protobuf/struct_pb.js";
import { ended, executable, folder, insecure, type Plugin, reply, startPlugin } from "./plugin.ts";

// The SDK compiles only the entry file that it loads itself; imports of a JavaScript entry file are loaded by Node.js.
const ENTRY = {
  "main.js": 'import "./index.ts";',
  "package.json": '{"type": "module", "main": "main.js", "version": "1.0.0"}',
};
const PACK = `
  import { PolicyPack } from "@pulumi/policy";
  import * as pulumi from "@pulumi/pulumi";
  import { type Limit, limit } from "./limit.ts";
  console.log("pack", process.pid, pulumi.getProject(), pulumi.getStack(), process.env["SPICE"]);
  const least: Limit = limit;
  new PolicyPack("tiny-pack", { policies: [{
    name: "length", description: "Long enough", enforcementLevel: "mandatory",
    validateResource: ({ props }, report) => { if (props["length"] < least) report("too short"); } }] });`;
const LIMIT = "export type Limit = number; export const limit = 20;";

describe("a policy pack in TypeScript", () => {
  let host: Plugin;
  let client: InstanceType<typeof language.LanguageRuntimeClient>;

  beforeEach(async () => {
    host = await startPlugin(executable("pulumi-language-nodejs"), "127.0.0.1:1");
    client = new language.LanguageRuntimeClient(host.address, insecure);
  });

  afterEach(async () => {
    client.close();
    host.process.kill("SIGINT");
    if (host.process.exitCode === null) await once(host.process, "exit");
  });

  it("starts for the stack, finds violations, and ends when the call is canceled", async () => {
    await using place = await folder({ ...ENTRY, "index.ts": PACK, "limit.ts": LIMIT });
    const pack = await start(place.directory);
    await reply((done) => pack.client.handshake(new analyzerMessages.AnalyzerHandshakeRequest(), done));
    const stack = new analyzerMessages.AnalyzerStackConfigureRequest();
    stack.setProject("tiny");
    stack.setStack("dev");
    await reply((done) => pack.client.configureStack(stack, done));

    const info = await reply<{ getName(): string }>((done) => pack.client.getAnalyzerInfo(new empty.Empty(), done));
    expect(info.getName()).to.equal("tiny-pack");
    expect(await violations(pack.client, 8)).to.deep.equal(["length"]);
    expect(await violations(pack.client, 30)).to.deep.equal([]);

    const [line = ""] = pack.output.stdout;
    expect(line).to.match(/^pack \d+ tiny dev pepper$/);
    pack.call.cancel();
    await ended(line.split(" ")[1] ?? "");
    pack.client.close();
  });

  it("reports why it cannot be started", async () => {
    await using place = await folder({ ...ENTRY, "index.ts": 'throw new Error("on purpose");' });
    const pack = await start(place.directory);
    const failed = once(pack.call, "error");
    const [unanswered] = await Promise.allSettled([
      reply((done) => pack.client.getAnalyzerInfo(new empty.Empty(), done)),
    ]);
    expect(unanswered).to.have.nested.property("reason.details").that.includes("The policy pack has ended");
    expect((await failed)[0].details).to.include("exit code");
    expect(pack.output.stderr.join("")).to.include("on purpose");
    pack.client.close();
  });

  it("is, beside a provider of components, the only supported kind of plugin", async () => {
    const request = new messages.RunPluginRequest();
    request.setKind("converter");
    const [error] = await once(client.runPlugin(request).resume(), "error");
    expect(error.details).to.include('"converter"');
  });

  async function start(directory: string) {
    const info = new messages.ProgramInfo();
    info.setProgramDirectory(directory);
    info.setOptions(struct.Struct.fromJavaScript({ typescript: false }));
    const request = new messages.RunPluginRequest();
    request.setKind("analyzer");
    request.setInfo(info);
    request.setPwd("/");
    request.setArgsList(["127.0.0.1:1"]);
    request.setEnvList([`PATH=${process.env["PATH"]}`, "SPICE=pepper"]);
    const call = client.runPlugin(request);
    call.on("error", () => undefined);

    const output = { stdout: [] as string[], stderr: [] as string[] };
    const text = new PassThrough();
    call.on("data", (message: RunPluginResponse) => {
      if (message.hasStderr()) output.stderr.push(Buffer.from(message.getStderr_asU8()).toString());
      else text.write(message.getStdout_asU8());
    });
    const lines = createInterface({ input: text });
    const [port] = await once(lines, "line");
    lines.on("line", (line) => output.stdout.push(line));
    return {
      call,
      output,
      client: new analyzer.AnalyzerClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure()),
    };
  }
});

/** Names of the policies that a password of this length violates. */
async function violations(client: InstanceType<typeof analyzer.AnalyzerClient>, length: number): Promise<string[]> {
  const request = new analyzerMessages.AnalyzeRequest();
  request.setType("random:index/randomPassword:RandomPassword");
  request.setUrn("urn:pulumi:dev::tiny::random:index/randomPassword:RandomPassword::p");
  request.setName("p");
  request.setProperties(struct.Struct.fromJavaScript({ length }));
  request.setOptions(new analyzerMessages.AnalyzerResourceOptions());
  const response = await reply<{ toObject(): { diagnosticsList: { policyname: string }[] } }>((done) =>
    client.analyze(request, done),
  );
  return response.toObject().diagnosticsList.map(({ policyname }) => policyname);
}
