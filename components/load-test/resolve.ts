import { defaults } from "../defaults/defaults.ts";
import { type WithDefaults, withDefaults } from "../defaults/with-defaults.ts";
import type { SecretKey } from "../kubernetes/container.ts";
import type { Resources } from "../kubernetes/pod.ts";
import type { PodArgs } from "../kubernetes/pod-patch.ts";
import { nameOfRun } from "../training/resolve.ts";

/** Name of the container of the load test. */
export const LOAD_TEST_CONTAINER = "load-tester";

/** A load test, whatever it sends requests to. */
export interface LoadTestSettings extends PodArgs {
  /** Fixed name of the Job. @default "load-test" */
  readonly name?: string;
  /** Number of the run. The test is repeated only when this number changes. @default 1 */
  readonly run?: number;
  /** Headers of each request. @default none */
  readonly headers?: Readonly<Record<string, string>>;
  /** Body of each request, sent as JSON. @default `{"text": "This product is amazing!"}` */
  readonly body?: unknown;
  /** Environment variables by name, taken from Secrets; API_KEY is sent as X-API-Key. @default none */
  readonly secretEnvironment?: Readonly<Record<string, SecretKey>>;
  /** Simultaneous clients, each in its own pod. @default 5 */
  readonly clients?: number;
  /** Requests of each client. @default 100 */
  readonly requests?: number;
  /** Milliseconds between two requests of a client. @default 100 */
  readonly delayMilliseconds?: number;
  /** Seconds to wait for a response. @default 30 */
  readonly timeoutSeconds?: number;
  /** Share of successful responses below which the test fails, 0–1. @default 0.99 */
  readonly minSuccess?: number;
  /** 95th percentile of the latency above which the test fails. @default no limit */
  readonly maxP95Milliseconds?: number;
  /** @default 100m CPU and 128Mi, at most 200m CPU and 256Mi */
  readonly resources?: Resources;
  /** Seconds until the Job is stopped and fails. @default 600 */
  readonly activeDeadlineSeconds?: number;
  /** Deploy without waiting for the Job to finish. @default false */
  readonly skipAwait?: boolean;
}

type Decided =
  | "name"
  | "run"
  | "body"
  | "clients"
  | "requests"
  | "delayMilliseconds"
  | "timeoutSeconds"
  | "minSuccess"
  | "resources"
  | "activeDeadlineSeconds"
  | "skipAwait";

/** A load test with every default filled in. Resolving it again changes nothing. */
export interface ResolvedLoadTest extends WithDefaults<LoadTestSettings, Decided | "headers" | "secretEnvironment"> {
  /** Name of the Job, with the number of its run. */
  readonly jobName: string;
}

/** @param settings those that this function does not know are kept */
export function resolveLoadTest<T extends LoadTestSettings>(settings: T): T & ResolvedLoadTest {
  const { path: _path, ...own } = defaults.loadTest;
  const test = withDefaults<LoadTestSettings, Decided>(own, settings);
  return {
    ...settings,
    ...test,
    headers: test.headers ?? {},
    secretEnvironment: test.secretEnvironment ?? {},
    jobName: nameOfRun(test.name, test.run),
  };
}
