import { z } from "zod";
import { defaults } from "../../components/defaults/defaults.ts";
import { defaultResources } from "./default-text.ts";
import { Pod } from "./kubernetes/pod.ts";
import { Count, KubernetesName, ModelName, Resources, Seconds, SecretReferences } from "./values.ts";

/** The load test of the stack. */
export const LoadTestConfig = z
  .strictObject({
    name: KubernetesName.optional().describe(`Fixed name of the Job. Default: ${defaults.loadTest.name}.`),
    run: z
      .int32()
      .min(1)
      .optional()
      .describe(`Number of the run; raise it to test again. Default: ${defaults.loadTest.run}.`),
    url: z
      .url({ protocol: /^https?$/, error: "must be an http or https address" })
      .transform((url) => url.replace(/\/+$/, ""))
      .optional()
      .describe("Address of the route, as pods reach it. Set this or `model`."),
    model: ModelName.optional().describe("Model whose stable version gets the requests. Set this or `url`."),
    path: z
      .string()
      .startsWith("/", "must start with '/'")
      .optional()
      .describe(`Path of the request. Default: ${defaults.loadTest.path}.`),
    headers: z
      .record(z.string().regex(/^[A-Za-z0-9-]+$/, "must be the name of an HTTP header"), z.string())
      .optional()
      .describe("Headers of each request, such as Host. Default: none."),
    body: z
      .record(z.string(), z.json())
      .optional()
      .meta({ title: "JSON" })
      .describe(`Body of each request. Default: ${JSON.stringify(defaults.loadTest.body)}.`),
    secretEnvironment: SecretReferences.optional().describe(
      "Environment variables taken from `secrets`; API_KEY is sent as X-API-Key. Default: none.",
    ),
    clients: z
      .int32()
      .min(1)
      .max(1000)
      .optional()
      .describe(`Simultaneous clients, each in its own pod. Default: ${defaults.loadTest.clients}.`),
    requests: z.int32().min(1).optional().describe(`Requests of each client. Default: ${defaults.loadTest.requests}.`),
    delayMilliseconds: Count.optional().describe(
      `Pause between two requests of a client. Default: ${defaults.loadTest.delayMilliseconds}.`,
    ),
    timeoutSeconds: z
      .int32()
      .min(1)
      .optional()
      .describe(`Longest wait for a response. Default: ${defaults.loadTest.timeoutSeconds}.`),
    minSuccess: z
      .number()
      .min(0)
      .max(1)
      .optional()
      .describe(`Share of successful responses below which the test fails. Default: ${defaults.loadTest.minSuccess}.`),
    maxP95Milliseconds: z
      .int32()
      .min(1)
      .optional()
      .describe("95th percentile above which the test fails. Default: no limit."),
    pod: Pod.optional(),
    resources: Resources.optional().describe(defaultResources(defaults.loadTest.resources)),
    activeDeadlineSeconds: Seconds.min(1)
      .optional()
      .describe(`When the Job is stopped and fails. Default: ${defaults.loadTest.activeDeadlineSeconds}.`),
    skipAwait: z
      .boolean()
      .optional()
      .describe(`Deploy without waiting for the Job to finish. Default: ${defaults.loadTest.skipAwait}.`),
  })
  .refine(({ url, model }) => (url === undefined) !== (model === undefined), {
    error: "takes exactly one of url and model",
  })
  .describe("A Job that sends requests from several clients at once and reports the results.");
