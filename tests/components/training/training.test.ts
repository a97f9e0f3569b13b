import { expect } from "chai";
import { gpuPlacement, TrainingPipeline, type TrainingPipelineArgs } from "../../../components/index.ts";
import { only, optionsOf, record } from "../recorder.ts";

// biome-ignore lint/suspicious/noExplicitAny: manifests are read here as a person would read the YAML
type Manifest = any;

const pipeline: TrainingPipelineArgs = {
  namespace: "ml",
  trainerImage: "trainer:1",
  modelsClaim: "models",
  dataClaim: "data",
};
const job = { task: "sentiment", model: "sentiment-classifier" };
const schedule = { ...job, name: "scheduled-model-training", schedule: "0 2 * * *" };

let made = 0;
const registered = (args: Partial<TrainingPipelineArgs>) =>
  record(() => {
    new TrainingPipeline(`training-${++made}`, { ...pipeline, ...args });
  });

async function jobOf(args: Partial<TrainingPipelineArgs>): Promise<Manifest> {
  return only(await registered(args), "Job").inputs;
}

async function cronJobOf(args: Partial<TrainingPipelineArgs>): Promise<Manifest> {
  return only(await registered(args), "CronJob").inputs;
}

describe("a training Job", () => {
  it("has no TTL, which would make the next refresh train again", async () => {
    const { spec } = await jobOf({ jobs: [{ ...job, name: "no-clock" }] });
    expect(spec).to.not.have.property("ttlSecondsAfterFinished");
    expect(spec).to.include({ backoffLimit: 3, activeDeadlineSeconds: 3600 });
  });

  it("takes hyperparameters from ConfigMaps and Secrets, and passes the others to the trainer", async () => {
    const { spec } = await jobOf({
      jobs: [
        {
          ...job,
          name: "parameters",
          container: "trainer-1",
          version: "3",
          seed: 7,
          data: "reviews.csv",
          maxError: 2.5,
          configMaps: [{ name: "ml-config" }],
          secrets: ["registry-credentials"],
          environment: { EPOCHS: "5" },
          restartPolicy: "Never",
        },
      ],
    });
    const pod = spec.template.spec;
    const [container] = pod.containers;
    expect(pod.restartPolicy).to.equal("Never");
    expect(container.name).to.equal("trainer-1");
    expect(container.args).to.deep.equal([
      "train",
      "--task=sentiment",
      "--model=sentiment-classifier",
      "--version=3",
      "--data=reviews.csv",
      "--seed=7",
      "--max-error=2.5",
    ]);
    expect(container.envFrom).to.deep.equal([
      { configMapRef: { name: "ml-config" } },
      { secretRef: { name: "registry-credentials" } },
    ]);
    expect(container.env).to.deep.include({ name: "EPOCHS", value: "5" });
  });

  it("with several workers is indexed, and each of its pods knows which Job it belongs to", async () => {
    const { metadata, spec } = await jobOf({ jobs: [{ ...job, name: "distributed-training", workers: 4 }] });
    expect(spec).to.include({ completionMode: "Indexed", parallelism: 4, completions: 4 });
    expect(metadata.labels).to.include({ "job-type": "distributed-training" });
    const [container] = spec.template.spec.containers;
    expect(container.args.slice(-2)).to.deep.equal(["--workers=4", "--run=$(RUN_ID)"]);
    expect(container.env.find(({ name }: Manifest) => name === "RUN_ID").valueFrom.fieldRef.fieldPath).to.equal(
      "metadata.labels['batch.kubernetes.io/controller-uid']",
    );
  });

  it("with GPUs runs only on the GPU nodes, and is not waited for if skipAwait is set", async () => {
    const { metadata, spec } = await jobOf({ jobs: [{ ...job, name: "gpu-training-job", gpus: 1, skipAwait: true }] });
    const pod = spec.template.spec;
    expect(pod.nodeSelector).to.deep.equal({ accelerator: "nvidia-gpu" });
    expect(pod.tolerations).to.deep.equal([{ key: "nvidia.com/gpu", operator: "Exists", effect: "NoSchedule" }]);
    expect(pod.containers[0].resources).to.deep.equal({
      requests: { cpu: "250m", memory: "256Mi", "nvidia.com/gpu": "1" },
      limits: { cpu: "1", memory: "1Gi", "nvidia.com/gpu": "1" },
    });
    expect(metadata.labels).to.include({ "job-type": "gpu-training" });
    expect(metadata.annotations).to.deep.equal({ "pulumi.com/skipAwait": "true" });
  });

  it("with GPUs runs in the stack's GPU pool, unless it selects other nodes itself", async () => {
    const placement = gpuPlacement({ labels: { pool: "gpu" }, taint: { key: "gpu", effect: "NoExecute" } });
    const pooled = await jobOf({ gpuPlacement: placement, jobs: [{ ...job, name: "pooled", gpus: 1 }] });
    expect(pooled.spec.template.spec.nodeSelector).to.deep.equal({ pool: "gpu" });
    expect(pooled.spec.template.spec.tolerations).to.deep.equal([
      { key: "gpu", operator: "Exists", effect: "NoExecute" },
    ]);
    const nodeSelector = { zone: "a" };
    const own = await jobOf({ gpuPlacement: placement, jobs: [{ ...job, name: "own", gpus: 1, nodeSelector }] });
    expect(own.spec.template.spec.nodeSelector).to.deep.equal(nodeSelector);
  });

  it("waits for the previous one if they run in sequence", async () => {
    const jobs = ["first", "second", "third"].map((name) => ({ ...job, name }));
    const together = await registered({
      jobs: jobs.map(({ name, ...rest }) => ({ ...rest, name: `${name}-together` })),
    });
    const waitsFor = (made: Awaited<ReturnType<typeof registered>>) =>
      made.filter(({ type }) => type.endsWith(":Job")).map((one) => optionsOf(one)?.dependencies);
    expect(waitsFor(together)).to.deep.equal([[], [], []]);
    const [none, first, second] = waitsFor(await registered({ jobs, sequential: true }));
    expect(none).to.deep.equal([]);
    expect(first?.join()).to.match(/first-run-1$/);
    expect(second?.join()).to.match(/second-run-1$/);
  });
});

describe("a training CronJob", () => {
  it("runs on its schedule, never concurrently, and trains only on new data if requested", async () => {
    const { metadata, spec } = await cronJobOf({
      cronJobs: [{ ...schedule, whenNewData: true, timeZone: "Europe/Berlin", startingDeadlineSeconds: 300 }],
    });
    expect(metadata.name).to.equal("scheduled-model-training");
    expect(spec).to.deep.include({
      schedule: "0 2 * * *",
      timeZone: "Europe/Berlin",
      concurrencyPolicy: "Forbid",
      successfulJobsHistoryLimit: 3,
      failedJobsHistoryLimit: 1,
      startingDeadlineSeconds: 300,
    });
    const job = spec.jobTemplate;
    expect(job.metadata.labels).to.deep.equal({ "job-type": "scheduled-training" });
    expect(job.spec.template.metadata.labels).to.deep.equal({ "job-type": "scheduled-training" });
    expect(job.spec.template.spec.containers[0].args).to.deep.equal([
      "train",
      "--task=sentiment",
      "--model=sentiment-classifier",
      "--when-new-data",
    ]);
  });

  it("gets a new image, unlike a Job, because its next run is still to come", async () => {
    const made = await registered({ cronJobs: [{ ...schedule, name: "another-training" }] });
    expect(optionsOf(only(made, "CronJob"))?.ignoreChanges).to.deep.equal([]);
  });
});

describe("batch scoring", () => {
  it("scores a file or generated rows", async () => {
    const batch = { name: "score-file", schedule: "*/5 * * * *", model: "iris" };
    const file = await cronJobOf({ batchJobs: [{ ...batch, version: "latest", input: "in.csv", output: "out.csv" }] });
    expect(file.spec.jobTemplate.spec.template.spec.containers[0].args).to.deep.equal([
      "batch-predict",
      "--model=iris",
      "--version=latest",
      "--input=in.csv",
      "--output=out.csv",
    ]);
    const made = await cronJobOf({ batchJobs: [{ ...batch, name: "score-rows", synthetic: 5, jobType: "batch" }] });
    expect(made.spec.jobTemplate.spec.template.spec.containers[0].args).to.deep.equal([
      "batch-predict",
      "--model=iris",
      "--synthetic=5",
    ]);
    expect(made.metadata.labels).to.include({ "job-type": "batch" });
  });
});
