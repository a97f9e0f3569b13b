import { expect } from "chai";
import { ModelService, type SourceArgs } from "../../../components/index.ts";
import { only, record } from "../recorder.ts";

// biome-ignore lint/suspicious/noExplicitAny: manifests are read here as a person would read the YAML
type Manifest = any;

let made = 0;

async function deploymentOf(source: SourceArgs): Promise<Manifest> {
  const registered = await record(() => {
    new ModelService(`sourced-${++made}`, {
      namespace: "ml",
      model: "iris",
      entry: `sourced-${made}`,
      image: "inference:1",
      imageAccess: { pullPolicy: "IfNotPresent", pullSecret: "registry" },
      modelsClaim: "models",
      versions: [{ version: "3", source }],
    });
  });
  return only(registered, "Deployment").inputs;
}

describe("a version with a source", () => {
  it("fetches its model before the server starts, into a volume of the pod", async () => {
    const { spec } = await deploymentOf({
      url: "s3://bucket/models/3/",
      sha256: "a".repeat(64),
      files: ["*.onnx", "*.json"],
      secret: "store",
      environment: { AWS_ENDPOINT_URL: "http://minio.storage.svc:9000" },
      size: "4Gi",
    });
    const pod = spec.template.spec;
    const [init, ...more] = pod.initContainers;
    expect(more).to.deep.equal([]);
    expect(init.command).to.deep.equal(["node", "apps/sources/main.ts"]);
    expect(init.args).to.deep.equal([
      "s3://bucket/models/3/",
      "--models=/models",
      "--model=iris",
      "--version=3",
      `--sha256=${"a".repeat(64)}`,
      "--files=*.onnx",
      "--files=*.json",
    ]);
    expect(init).to.deep.include({
      image: "inference:1",
      imagePullPolicy: "IfNotPresent",
      env: [{ name: "AWS_ENDPOINT_URL", value: "http://minio.storage.svc:9000" }],
      envFrom: [{ secretRef: { name: "store" } }],
      terminationMessagePolicy: "FallbackToLogsOnError",
      volumeMounts: [{ name: "models", mountPath: "/models" }],
      resources: pod.containers[0].resources,
      securityContext: pod.containers[0].securityContext,
    });
    expect(pod.volumes).to.deep.equal([{ name: "models", emptyDir: { sizeLimit: "4Gi" } }]);
    expect(pod.containers[0].volumeMounts).to.deep.equal([{ name: "models", mountPath: "/models", readOnly: true }]);
  });

  it("may fetch once for all pods, into the models claim", async () => {
    const pod = (await deploymentOf({ url: "https://host/m.onnx", storage: "claim" })).spec.template.spec;
    expect(pod.volumes).to.deep.equal([{ name: "models", persistentVolumeClaim: { claimName: "models" } }]);
    expect(pod.initContainers[0].volumeMounts[0].readOnly).to.equal(undefined);
    expect(pod.containers[0].volumeMounts[0].readOnly).to.equal(true);
  });

  it("may be an image that the node mounts, with the credentials of its registry", async () => {
    const url = `oci://registry.example.com/iris@sha256:${"b".repeat(64)}`;
    const pod = (await deploymentOf({ url, imageVolume: true, secret: "models", secretKind: "registry" })).spec.template
      .spec;
    expect(pod.initContainers).to.equal(undefined);
    const reference = url.slice("oci://".length);
    expect(pod.volumes).to.deep.equal([{ name: "models", image: { reference, pullPolicy: "IfNotPresent" } }]);
    expect(pod.containers[0].volumeMounts).to.deep.equal([
      { name: "models", mountPath: "/models/iris/3", readOnly: true },
    ]);
    expect(pod.imagePullSecrets).to.deep.equal([{ name: "registry" }, { name: "models" }]);
  });

  it("gives a registry's credentials to the program that fetches", async () => {
    const source = { url: "oci://registry.example.com/iris:1", secret: "models", secretKind: "registry" } as const;
    const [init] = (await deploymentOf(source)).spec.template.spec.initContainers;
    expect(init.env).to.deep.equal([
      { name: "DOCKER_AUTH_CONFIG", valueFrom: { secretKeyRef: { name: "models", key: ".dockerconfigjson" } } },
    ]);
    expect(init.envFrom).to.equal(undefined);
  });

  it("has time to fetch before its rollout counts as failed", async () => {
    const { metadata, spec } = await deploymentOf({ url: "https://host/m.onnx", deadlineSeconds: 1200 });
    expect(spec.progressDeadlineSeconds).to.equal(1200 + 120 + 300);
    expect(metadata.annotations["pulumi.com/timeoutSeconds"]).to.equal(String(1200 + 120));
    // The pods that serve stay until the new ones are ready.
    expect(spec.strategy.rollingUpdate).to.deep.equal({ maxSurge: 1, maxUnavailable: 0 });
  });
});
