import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { createInterface } from "node:readline";
import grpc, { type ServiceError } from "@grpc/grpc-js";
import analyzer from "@pulumi/pulumi/proto/analyzer_grpc_pb.js";
import messages from "@pulumi/pulumi/proto/analyzer_pb.js";
import { expect } from "chai";
import struct, { type JavaScriptValue } from "google-protobuf/google/protobuf/struct_pb.js";
import { GOOD_CONTAINER } from "./support.ts";

const repository = path.resolve(import.meta.dirname, "../..");
const pack = path.join(repository, "policy");

/** A secret value, and the placeholder for a text that is not known yet in a preview, as the engine sends them. */
const secret = (value: JavaScriptValue) => ({
  "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
  value,
});
const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

interface Asked {
  readonly type: string;
  readonly properties: Record<string, JavaScriptValue>;
}

describe("the policy pack, run as the engine runs it", function () {
  this.timeout(60_000);
  let running: ChildProcess;
  let client: InstanceType<typeof analyzer.AnalyzerClient>;

  before(async () => {
    const run = path.join(repository, "node_modules/@pulumi/pulumi/cmd/run-policy-pack");
    const stack = {
      PULUMI_NODEJS_PROJECT: "ml-platform",
      PULUMI_CONFIG: JSON.stringify({ "ml-platform:environment": "dev" }),
    };
    running = spawn(process.execPath, [run, "127.0.0.1:1", pack], {
      cwd: pack,
      env: { ...process.env, ...stack },
      stdio: ["ignore", "pipe", "inherit"],
    });
    if (running.stdout === null) throw new Error("the pack has no output");
    const [port] = await once(createInterface({ input: running.stdout }), "line");
    client = new analyzer.AnalyzerClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
  });

  after(() => {
    client?.close();
    running?.kill();
  });

  /** The violations that the pack reports for a resource. As in the engine, remediation runs before analysis. */
  async function judge(asked: Asked): Promise<string[]> {
    const request = requestOf(asked);
    const remedies = await call<InstanceType<typeof messages.RemediateResponse>>((answer) =>
      client.remediate(request, answer),
    );
    expect(remedies.getRemediationsList(), "the pack changes nothing").to.have.length(0);
    const response = await call<InstanceType<typeof messages.AnalyzeResponse>>((answer) =>
      client.analyze(request, answer),
    );
    return response.getDiagnosticsList().map((diagnostic) => {
      const mandatory = diagnostic.getEnforcementlevel() === messages.EnforcementLevel.MANDATORY;
      const subject = diagnostic.getMessage().split("\n")[1]?.split(": ").slice(0, 2).join(": ");
      return `${mandatory ? "mandatory" : "advisory"} ${diagnostic.getPolicyname()}: ${subject}`;
    });
  }

  const secretWith = (stringData: JavaScriptValue): Asked => ({
    type: "kubernetes:core/v1:Secret",
    properties: { apiVersion: "v1", kind: "Secret", metadata: { name: "s", namespace: "ml" }, stringData },
  });

  it("sees which values of a Secret are marked secret", async () => {
    expect(await judge(secretWith({ A: secret("a"), B: "plain", C: UNKNOWN }))).to.deep.equal([
      "mandatory no-plain-secrets: Secret ml/s: stringData.B",
    ]);
    expect(await judge(secretWith({ A: secret("a"), C: UNKNOWN }))).to.deep.equal([]);
    expect(await judge(secretWith(UNKNOWN))).to.deep.equal([]);
  });

  it("sees when all values of a Secret are marked as a whole", async () => {
    expect(await judge(secretWith(secret({ A: "a", B: UNKNOWN })))).to.deep.equal([]);
  });

  it("knows the environment of the stack", async () => {
    const metadata = { name: "app", namespace: "ml" };
    const spec = { containers: [{ ...GOOD_CONTAINER, image: "nginx" }] };
    const type = "kubernetes:core/v1:Pod";
    expect(await judge({ type, properties: { apiVersion: "v1", kind: "Pod", metadata, spec } })).to.deep.equal([
      "advisory pinned-images-advice: Pod ml/app: spec.containers[0].image",
    ]);
  });

  it("checks the rest of an object in which some values are not known yet in a preview", async () => {
    const container = { ...GOOD_CONTAINER, image: UNKNOWN, env: [{ name: "API_KEY", value: UNKNOWN }] };
    const properties = {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: UNKNOWN, namespace: UNKNOWN },
      spec: { template: { spec: { containers: [container], volumes: UNKNOWN } } },
    };
    expect(await judge({ type: "kubernetes:apps/v1:Deployment", properties })).to.deep.equal([
      "mandatory no-plain-credentials: Deployment logical: spec.template.spec.containers[0].env[0].value",
    ]);
  });
});

function requestOf({ type, properties }: Asked): InstanceType<typeof messages.AnalyzeRequest> {
  const request = new messages.AnalyzeRequest();
  request.setUrn(`urn:pulumi:test::ml-platform::${type}::logical`);
  request.setType(type);
  request.setName("logical");
  request.setProperties(struct.Struct.fromJavaScript(properties));
  request.setOptions(new messages.AnalyzerResourceOptions());
  return request;
}

function call<Response>(start: (answer: (error: ServiceError | null, response: Response) => void) => void) {
  return new Promise<Response>((resolve, reject) => {
    start((error, response) => (error === null ? resolve(response) : reject(error)));
  });
}
