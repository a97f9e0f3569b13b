import { readFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "chai";
import { parse } from "yaml";
import type { KubernetesObject } from "../../render/rendered.ts";
import { objectsOf, stacks } from "../render/stacks.ts";
import { DIGEST, judge } from "./support.ts";

const repository = path.resolve(import.meta.dirname, "../..");

/** The violations that the pack reports for each stack as `pulumi up` deploys it. */
const EXPECTED: Readonly<Record<string, readonly string[]>> = {
  dev: [],
  prod: [],
  // As in the walkthrough: the claims are not protected, and the device plugin's image has a tag but no digest.
  "ml-workloads": [
    "mandatory protected-claims: PersistentVolumeClaim ml-workloads/models-pvc: option protect",
    "mandatory protected-claims: PersistentVolumeClaim ml-workloads/training-data-pvc: option protect",
    "mandatory pinned-images: DaemonSet kube-system/nvidia-device-plugin-daemonset: spec.template.spec.containers[0].image",
  ],
  // A public API, intentionally.
  "ml-serving": [
    "mandatory protected-claims: PersistentVolumeClaim ml-serving/model-api-models: option protect",
    "mandatory no-open-load-balancers: Service ml-serving/model-api-lb: spec.loadBalancerSourceRanges",
  ],
  "mlops-lab": [
    "advisory pinned-images-advice: Deployment mlops-lab/api-gateway: spec.template.spec.containers[0].image",
  ],
  // Both refer to existing images by tag.
  "ml-platform": [
    "advisory pinned-images-advice: CronJob ml-platform/training-cronjob: spec.jobTemplate.spec.template.spec.containers[0].image",
    "advisory pinned-images-advice: Deployment ml-platform/api-deployment: spec.template.spec.containers[0].image",
    "advisory pinned-images-advice: Job ml-platform/storage-init: spec.template.spec.containers[0].image",
    "advisory pinned-images-advice: Job ml-platform/training-job: spec.template.spec.containers[0].image",
  ],
  "ml-course": [
    "advisory pinned-images-advice: CronJob ml-course/iris-batch-predict: spec.jobTemplate.spec.template.spec.containers[0].image",
    "advisory pinned-images-advice: Deployment ml-course/iris-api: spec.template.spec.containers[0].image",
    "advisory pinned-images-advice: Job ml-course/gpu-train-job: spec.template.spec.containers[0].image",
    "advisory pinned-images-advice: Job ml-course/iris-train-job: spec.template.spec.containers[0].image",
    "advisory pinned-images-advice: Job ml-course/storage-init: spec.template.spec.containers[0].image",
  ],
};

describe("the policy pack on the repository's stacks", function () {
  this.timeout(120_000);

  for (const stack of Object.keys(stacks)) {
    it(`reports exactly the known violations of stack ${stack}`, async () => {
      expect(await judgeStack(stack)).to.have.members(EXPECTED[stack] ?? []);
    });
  }
});

interface StackFile {
  readonly config: {
    readonly "ml-platform:environment": string;
    readonly "ml-platform:images": { readonly registry?: string };
    readonly "ml-platform:storage": { readonly protect?: boolean };
  };
}

/** The violations that the pack reports for the objects of a stack, without problems and remedies. */
async function judgeStack(stack: string): Promise<string[]> {
  const { config } = parse(await readFile(path.join(repository, stacks[stack]?.[0] ?? ""), "utf8")) as StackFile;
  const protect = config["ml-platform:storage"].protect ?? false;
  const { registry } = config["ml-platform:images"];
  const lines: string[] = [];
  for (const { object } of await objectsOf(stack)) {
    const built = registry === undefined ? object : withDigests(object, registry);
    lines.push(...(await judge(resourceOf(built, protect), { environment: config["ml-platform:environment"] })));
  }
  return lines.map((line) =>
    line
      .split(": ", 3)
      .join(": ")
      .replace(/-[0-9a-f]{8}(?=:)/, ""),
  );
}

/** Rendering builds no images; `pulumi up` does, and deploys their digests. */
function withDigests(object: KubernetesObject, registry: string): KubernetesObject {
  return JSON.parse(JSON.stringify(object).replaceAll(new RegExp(`"image":"${registry}/[^"@]*`, "g"), `$&@${DIGEST}`));
}

/**
 * The resource from which an object is rendered. Of the options that a rendering omits, only `protect` matters, and
 * only for claims.
 */
function resourceOf(object: KubernetesObject, protectClaims: boolean) {
  const version = object.apiVersion.includes("/") ? object.apiVersion : `core/${object.apiVersion}`;
  const protect = protectClaims && object.kind === "PersistentVolumeClaim";
  return { type: `kubernetes:${version}:${object.kind}`, props: { ...object }, protect };
}
