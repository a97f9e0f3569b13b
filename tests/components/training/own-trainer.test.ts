import { expect } from "chai";
import { TrainingPipeline, type TrainingPipelineArgs } from "../../../components/index.ts";
import { only, optionsOf, record } from "../recorder.ts";

// biome-ignore lint/suspicious/noExplicitAny: manifests are read here as a person would read the YAML
type Manifest = any;

let made = 0;

/** The objects of a pipeline. */
async function pipeline(args: Partial<TrainingPipelineArgs>) {
  const registered = await record(() => {
    new TrainingPipeline(`own-${++made}`, { namespace: "ml", trainerImage: "trainer:1", ...args });
  });
  return {
    made: registered,
    of: (kind: string): Manifest => only(registered, kind).inputs,
    kinds: registered.map(({ type }) => type.split(":").at(-1)),
  };
}

const variables = (container: Manifest) =>
  Object.fromEntries(container.env.map(({ name, value, valueFrom }: Manifest) => [name, value ?? valueFrom]));

describe("a Job with an image of its own", () => {
  it("runs the image's own command, without a volume if the stack has none", async () => {
    const { of } = await pipeline({ jobs: [{ name: "own", image: "own:1" }] });
    const { containers, volumes } = of("Job").spec.template.spec;
    expect(containers[0]).to.include({ image: "own:1" });
    expect(containers[0]).not.to.have.any.keys("command", "args");
    expect(containers[0].securityContext).not.to.have.property("readOnlyRootFilesystem");
    expect(volumes).to.deep.equal([]);
    expect(variables(containers[0])).to.include({ TRAINER_IMAGE: "own:1" });
    expect(variables(containers[0])).not.to.have.any.keys("MODELS_DIR", "MASTER_ADDR", "MODEL_NAME");
  });

  it("has its command, its model, the volumes and shared memory", async () => {
    const job = { name: "own", image: "own:1", command: ["torchrun"], args: ["a.py"], model: "m", sharedMemory: "2Gi" };
    const { of, kinds } = await pipeline({ modelsClaim: "models", dataClaim: "data", jobs: [job] });
    const { containers, volumes } = of("Job").spec.template.spec;
    expect(containers[0]).to.deep.include({ command: ["torchrun"], args: ["a.py"] });
    expect(variables(containers[0])).to.include({ MODEL_NAME: "m", MODELS_DIR: "/models", DATA_DIR: "/data" });
    expect(volumes.map(({ name }: Manifest) => name)).to.deep.equal(["models", "training-data", "shared-memory"]);
    expect(kinds).not.to.include("Service");
  });

  it("has workers that find each other by the variables of PyTorch and torchrun", async () => {
    const job = { name: "own", image: "own:1", workers: 3, environment: { MASTER_PORT: "1234" } };
    const { of } = await pipeline({ jobs: [job] });
    const { spec } = of("Job");
    expect(spec).to.include({ completionMode: "Indexed", completions: 3, parallelism: 3 });
    const pod = spec.template.spec;
    expect(pod.subdomain).to.equal("own");
    const rank = { fieldRef: { fieldPath: "metadata.annotations['batch.kubernetes.io/job-completion-index']" } };
    expect(variables(pod.containers[0])).to.deep.include({
      MASTER_ADDR: "$(JOB_NAME)-0.own",
      MASTER_PORT: "1234",
      RANK: rank,
      WORLD_SIZE: "3",
      PET_MASTER_ADDR: "$(JOB_NAME)-0.own",
      PET_NODE_RANK: rank,
      PET_NNODES: "3",
    });
    const names = pod.containers[0].env.map(({ name }: Manifest) => name);
    // Kubernetes fills in only variables that come before.
    expect(names.indexOf("JOB_NAME")).to.be.below(names.indexOf("MASTER_ADDR"));
    const service = of("Service");
    expect(service.metadata.name).to.equal("own");
    expect(service.spec).to.deep.include({ clusterIP: "None", publishNotReadyAddresses: true });
    expect(spec.template.metadata.labels).to.include(service.spec.selector);
  });

  it("does the same on a schedule", async () => {
    const { of } = await pipeline({ cronJobs: [{ name: "own", image: "own:1", workers: 2, schedule: "@daily" }] });
    expect(of("CronJob").spec.jobTemplate.spec.template.spec.subdomain).to.equal("own");
    expect(of("Service").spec.clusterIP).to.equal("None");
  });
});

describe("any Job", () => {
  const job = { name: "train", task: "iris", model: "iris" };

  it("may wait in a queue of Kueue, and is not waited for then", async () => {
    const { of } = await pipeline({ jobs: [{ ...job, queue: "team" }] });
    expect(of("Job").metadata.labels).to.include({ "kueue.x-k8s.io/queue-name": "team" });
    expect(of("Job").metadata.annotations).to.deep.equal({ "pulumi.com/skipAwait": "true" });
    const scheduled = await pipeline({ cronJobs: [{ ...job, queue: "team", schedule: "@daily" }] });
    expect(scheduled.of("CronJob").spec.jobTemplate.metadata.labels).to.include({
      "kueue.x-k8s.io/queue-name": "team",
    });
    expect(scheduled.of("CronJob").metadata.labels).not.to.have.property("kueue.x-k8s.io/queue-name");
  });

  it("keeps the queue that it was created in, since Kueue refuses another one once it runs", async () => {
    const { made } = await pipeline({ jobs: [{ ...job, queue: "team" }] });
    expect(optionsOf(only(made, "Job"))?.ignoreChanges).to.deep.equal([
      "spec",
      'metadata.labels["kueue.x-k8s.io/queue-name"]',
    ]);
  });

  it("may say which failures count, and what its pods have", async () => {
    const podFailurePolicy = { rules: [{ action: "Ignore", onPodConditions: [{ type: "DisruptionTarget" }] }] };
    const pod = { spec: { priorityClassName: "low", containers: [{ name: "side", image: "side:1" }] } };
    const { of } = await pipeline({ jobs: [{ ...job, restartPolicy: "Never", podFailurePolicy, pod }] });
    expect(of("Job").spec.podFailurePolicy).to.deep.equal(podFailurePolicy);
    expect(of("Job").spec.template.spec.priorityClassName).to.equal("low");
    expect(of("Job").spec.template.spec.containers.map(({ name }: Manifest) => name)).to.deep.equal([
      "trainer",
      "side",
    ]);
  });

  it("of the project's trainer with workers needs no Service", async () => {
    const { of, kinds } = await pipeline({ modelsClaim: "models", jobs: [{ ...job, workers: 2 }] });
    expect(kinds).not.to.include("Service");
    expect(of("Job").spec.template.spec).not.to.have.property("subdomain");
  });
});
