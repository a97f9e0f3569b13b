import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { DEFAULT_LOAD_TEST_CLIENTS, defaultLoadTestResources } from "../defaults.ts";
import { type ImageAccess, imagePolicy, pullSecrets } from "../kubernetes/container.ts";
import { objectMeta } from "../kubernetes/names.ts";
import { environment, type Resources, restrictedContainer, restrictedPod } from "../kubernetes/pod.ts";
import type { SecretKey } from "../serving/version-args.ts";

export interface LoadTestArgs {
  readonly namespace: pulumi.Input<string>;
  /** Image of the inference server, which holds the load test. */
  readonly image: pulumi.Input<string>;
  readonly imageAccess?: ImageAccess;
  /** Fixed name of the Job. @default "load-test" */
  readonly name?: string;
  /** Number of the run. The test is repeated when this number changes, and only then. @default 1 */
  readonly run?: number;
  /** Address that is asked, path and all, such as `http://model-v1-service/predict`. */
  readonly url: pulumi.Input<string>;
  /** Headers of each request. @default none */
  readonly headers?: Readonly<Record<string, string>>;
  /** Body of each request, sent as JSON. @default a text */
  readonly body?: unknown;
  /** Environment variables by name, taken from Secrets; API_KEY is sent as X-API-Key. @default none */
  readonly secretEnvironment?: Readonly<Record<string, SecretKey>>;
  /** Clients at once, each a pod. @default 5 */
  readonly clients?: number;
  /** Requests of each client. @default 100 */
  readonly requests?: number;
  /** Milliseconds between two requests of a client. @default 100 */
  readonly delayMilliseconds?: number;
  /** Seconds for an answer. @default 30 */
  readonly timeoutSeconds?: number;
  /** Share of good answers below which the test fails, 0–1. @default 0.99 */
  readonly minSuccess?: number;
  /** 95th percentile of the latency above which the test fails. @default no bound */
  readonly maxP95Milliseconds?: number;
  /** @default {@link defaultLoadTestResources} */
  readonly resources?: Resources;
  /** Seconds until the Job is given up. @default 600 */
  readonly activeDeadlineSeconds?: number;
  /** Wait for the Job to finish when deploying. @default true */
  readonly await?: boolean;
}

/** A Job that sends requests from several clients at once, each of which reports what came back. */
export class LoadTest extends pulumi.ComponentResource {
  constructor(name: string, args: LoadTestArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ml:serving:LoadTest", name, {}, opts);
    // As with training: a load test is repeated by raising `run`, never as a side effect of another change.
    new k8s.batch.v1.Job(`${name}-run-${args.run ?? 1}`, loadTestManifest(args), {
      parent: this,
      ignoreChanges: ["spec"],
    });
    this.registerOutputs();
  }
}

/** The Job of a load test: as many pods at once as there are clients. */
export function loadTestManifest(args: LoadTestArgs): k8s.batch.v1.JobArgs {
  const name = args.name ?? "load-test";
  const run = args.run ?? 1;
  const clients = args.clients ?? DEFAULT_LOAD_TEST_CLIENTS;
  const labels = { "job-type": "load-test", component: "load-test" };
  return {
    metadata: objectMeta({
      name: run === 1 ? name : `${name}-${run}`,
      namespace: args.namespace,
      labels,
      ...(args.await === false ? { annotations: { "pulumi.com/skipAwait": "true" } } : {}),
    }),
    spec: {
      parallelism: clients,
      completions: clients,
      // A client that fails has found something: asking again would only hide it.
      backoffLimit: 0,
      activeDeadlineSeconds: args.activeDeadlineSeconds ?? 600,
      template: {
        metadata: { labels },
        spec: {
          restartPolicy: "Never",
          automountServiceAccountToken: false,
          securityContext: restrictedPod,
          ...pullSecrets(args.imageAccess),
          containers: [
            {
              name: "load-tester",
              image: args.image,
              ...imagePolicy(args.imageAccess),
              command: ["node", "apps/load-test/main.ts"],
              env: [
                ...environment(loadTestEnvironment(args)),
                ...Object.entries(args.secretEnvironment ?? {}).map(([variable, { secret, key }]) => ({
                  name: variable,
                  valueFrom: { secretKeyRef: { name: secret, key } },
                })),
              ],
              resources: args.resources ?? defaultLoadTestResources,
              securityContext: restrictedContainer,
            },
          ],
        },
      },
    },
  };
}

function loadTestEnvironment(args: LoadTestArgs): Record<string, pulumi.Input<string>> {
  return {
    URL: args.url,
    REQUESTS: String(args.requests ?? 100),
    DELAY_MILLISECONDS: String(args.delayMilliseconds ?? 100),
    TIMEOUT_SECONDS: String(args.timeoutSeconds ?? 30),
    MIN_SUCCESS: String(args.minSuccess ?? 0.99),
    ...(args.maxP95Milliseconds === undefined ? {} : { MAX_P95_MILLISECONDS: String(args.maxP95Milliseconds) }),
    HEADERS: JSON.stringify(args.headers ?? {}),
    BODY: JSON.stringify(args.body ?? { text: "This product is amazing!" }),
  };
}
