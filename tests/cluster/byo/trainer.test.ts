import { expect } from "chai";
import { valueAt } from "../../../engine/status/fields.ts";
import { type GrpcClient, grpcClient, rawFloats } from "../../apps/inference/support/grpc.ts";
import { type Cluster, destroyStack, devCluster, status } from "../support/cluster.ts";
import { deploy } from "../support/stacks.ts";
import { eventually } from "../support/wait.ts";
import { pythonImage } from "./python.ts";
import { configFiles, getIn, ownTrainer, platform } from "./stack.ts";

const STACK = "byo-trainer";
const NAMESPACE = "ml-byo-trainer";
const WORKERS = ["0", "1"];
const CALLS = 500;
/** In percent. */
const WEIGHT = 30;

describe("another team's trainer in Python on the embedded cluster", function () {
  this.timeout(400_000);
  let cluster: Cluster;
  let image: string;
  let client: GrpcClient;
  before(async function () {
    // On a new machine this builds Kubernetes and everything else from source, and an image of Debian packages.
    this.timeout(60 * 60_000);
    cluster = await devCluster();
    image = await pythonImage(cluster);
    client = grpcClient(Number(cluster.port), "trainer.example.com");
  });
  after(async () => {
    client?.close();
    await destroyStack(STACK);
  });

  const get = (...args: string[]) => getIn(cluster, NAMESPACE)(...args);
  const up = async () =>
    deploy("--stack", STACK, ...(await configFiles(cluster, platform(NAMESPACE), ownTrainer(image, WEIGHT))));
  const worker = (index: string) => `--selector=batch.kubernetes.io/job-completion-index=${index}`;

  /** Calls the model through the gateway. @returns the version that answered, and its outputs */
  const call = async (...values: number[]) => {
    const input = { name: "x", datatype: "FP32", shape: [values.length] };
    const request = { model_name: "half_plus_two", inputs: [input], raw_input_contents: [rawFloats(...values)] };
    const { response, error } = await client.call("ModelInfer", request);
    if (error !== undefined) return undefined;
    const bytes = response.raw_output_contents[0] as Buffer;
    const outputs = values.map((_, index) => bytes.readFloatLE(4 * index));
    return { version: String(response.model_version), outputs };
  };

  it("trains with two workers that find each other and share their gradients, and publishes", async () => {
    const changes = await up();
    expect(changes).to.include.members(["+ Job fit", "+ Service fit"]);
    const [job] = await get("job", "fit");
    expect(job && valueAt(job, "status.succeeded")).to.equal(WORKERS.length);
    for (const index of WORKERS) {
      const log = await cluster.kubectl.run(["logs", `--namespace=${NAMESPACE}`, worker(index)]);
      // Alone, the workers would find the intercepts 3 and 1.
      expect(log.trim().split("\n").slice(-2)).to.deep.equal([
        `worker ${index} of 2 meets the others at fit-0.fit:29500`,
        "slope 0.5000, intercept 2.0000",
      ]);
    }
  });

  it("has its version served beside that of the project's trainer, by weight, over gRPC through the gateway", async () => {
    await eventually("calls of both versions", async () => {
      const answers = await Promise.all(Array.from({ length: 20 }, () => call(1)));
      const versions = new Set(answers.map((answer) => answer?.version));
      return versions.size === 2 && !versions.has(undefined) ? true : undefined;
    });
    const counts: Record<string, number> = {};
    for (let sent = 0; sent < CALLS; sent++) {
      const answer = await call(1, 2, 5);
      if (answer === undefined) throw new Error(`call ${sent} failed`);
      for (const [index, expected] of [2.5, 3, 4.5].entries()) {
        expect(answer.outputs[index], `version ${answer.version}`).to.be.closeTo(expected, 1e-3);
      }
      counts[answer.version] = (counts[answer.version] ?? 0) + 1;
    }
    // The gateway takes the versions in turns, so the counts follow the weights closely.
    expect(counts["2"]).to.be.closeTo((CALLS * WEIGHT) / 100, 10);
    expect(counts["1"]).to.equal(CALLS - (counts["2"] ?? 0));
  });

  it("is in status without a problem, and does not train again by another deployment", async () => {
    const { models, problems } = await status();
    const model = models.find(({ namespace }) => namespace === NAMESPACE);
    expect(model?.versions.map(({ version, weight }) => [version, weight])).to.deep.equal([
      ["1", 100 - WEIGHT],
      ["2", WEIGHT],
    ]);
    expect(problems.filter(({ namespace }) => namespace === NAMESPACE)).to.deep.equal([]);
    expect(await up()).to.deep.equal([]);
  });
});
