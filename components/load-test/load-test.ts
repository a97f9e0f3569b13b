import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { type ImageAccess, imagePolicy, pullSecrets, secretVariables } from "../kubernetes/container.ts";
import { objectMeta, skipAwaitAnnotation } from "../kubernetes/names.ts";
import { environment, restrictedContainer, restrictedPod } from "../kubernetes/pod.ts";
import { patchedTemplate } from "../kubernetes/pod-patch.ts";
import { LOAD_TEST_LABELS } from "./labels.ts";
import { LOAD_TEST_CONTAINER, type LoadTestSettings, type ResolvedLoadTest, resolveLoadTest } from "./resolve.ts";

export interface LoadTestArgs extends LoadTestSettings {
  readonly namespace: pulumi.Input<string>;
  /** Image of the inference server, which contains the load test. Without it the component throws. */
  readonly image?: pulumi.Input<string>;
  readonly imageAccess?: ImageAccess;
  /** Address that requests are sent to, including the path, such as `http://model-v1-service/predict`. */
  readonly url: pulumi.Input<string>;
}

/** A Job that sends requests from several clients at once; each reports its results. */
export class LoadTest extends pulumi.ComponentResource {
  constructor(name: string, args: LoadTestArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ml:serving:LoadTest", name, {}, opts);
    const test = resolveLoadTest(args);
    if (args.image === undefined) {
      throw new pulumi.InputPropertyError({ propertyPath: "image", reason: "the load test runs it; give it" });
    }
    // As with training, a load test is repeated only by raising `run`, never as a side effect of another change.
    new k8s.batch.v1.Job(`${name}-run-${test.run}`, loadTestManifest(test), {
      parent: this,
      ignoreChanges: ["spec"],
    });
    this.registerOutputs();
  }
}

/** The Job of a load test, with one pod for each client. */
function loadTestManifest(test: LoadTestArgs & ResolvedLoadTest): k8s.batch.v1.JobArgs {
  return {
    metadata: objectMeta({
      name: test.jobName,
      namespace: test.namespace,
      labels: LOAD_TEST_LABELS,
      ...skipAwaitAnnotation(test.skipAwait),
    }),
    spec: {
      parallelism: test.clients,
      completions: test.clients,
      // A client that fails has found a problem; retrying would hide it.
      backoffLimit: 0,
      activeDeadlineSeconds: test.activeDeadlineSeconds,
      template: patchedTemplate(loadTestPods(test, test), test.pod),
    },
  };
}

/** What decides about the pods of a load test. */
type TestRun = Omit<ResolvedLoadTest, "pod" | "body"> & { readonly body: unknown };

type Requests = Pick<LoadTestArgs, "image" | "imageAccess" | "url">;

/** The pods of a load test, without the test's `pod`. */
export function loadTestPods(
  test: TestRun,
  { image, imageAccess, url }: Requests,
): k8s.types.input.core.v1.PodTemplateSpec {
  return {
    metadata: { labels: LOAD_TEST_LABELS },
    spec: {
      restartPolicy: "Never",
      automountServiceAccountToken: false,
      securityContext: restrictedPod,
      ...pullSecrets(imageAccess),
      containers: [
        {
          name: LOAD_TEST_CONTAINER,
          ...(image === undefined ? {} : { image }),
          ...imagePolicy(imageAccess),
          command: ["node", "apps/load-test/main.ts"],
          env: [...environment({ URL: url, ...loadTestEnvironment(test) }), ...secretVariables(test.secretEnvironment)],
          resources: test.resources,
          securityContext: restrictedContainer,
        },
      ],
    },
  };
}

/** The environment variables that a load test gets from its settings. */
export const LOAD_TEST_VARIABLES = [
  ...["URL", "REQUESTS", "DELAY_MILLISECONDS", "TIMEOUT_SECONDS"],
  ...["MIN_SUCCESS", "MAX_P95_MILLISECONDS", "HEADERS", "BODY"],
] as const;

function loadTestEnvironment(test: TestRun): Record<string, string> {
  const { maxP95Milliseconds } = test;
  return {
    REQUESTS: String(test.requests),
    DELAY_MILLISECONDS: String(test.delayMilliseconds),
    TIMEOUT_SECONDS: String(test.timeoutSeconds),
    MIN_SUCCESS: String(test.minSuccess),
    ...(maxP95Milliseconds === undefined ? {} : { MAX_P95_MILLISECONDS: String(maxP95Milliseconds) }),
    HEADERS: JSON.stringify(test.headers),
    BODY: JSON.stringify(test.body),
  };
}
