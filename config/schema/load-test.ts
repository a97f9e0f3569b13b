import { z } from "zod";
import { Count, KubernetesName, ModelName, Resources, Seconds, SecretReferences } from "./values.ts";

/** The load test of the stack. */
export const LoadTestConfig = z
  .strictObject({
    name: KubernetesName.optional().describe("Fixed name of the Job. Default: load-test."),
    run: z.int().min(1).optional().describe("Number of the run; raise it to test again. Default: 1."),
    url: z
      .url({ protocol: /^https?$/, error: "must be an http or https address" })
      .transform((url) => url.replace(/\/+$/, ""))
      .optional()
      .describe("Address of the route, as pods reach it. Give this or `model`."),
    model: ModelName.optional().describe("Model whose stable version's Service is asked. Give this or `url`."),
    path: z
      .string()
      .startsWith("/", "must start with '/'")
      .optional()
      .describe("Path of the request. Default: /predict."),
    headers: z
      .record(z.string().regex(/^[A-Za-z0-9-]+$/, "must be the name of an HTTP header"), z.string())
      .optional()
      .describe("Headers of each request, such as Host. Default: none."),
    body: z
      .record(z.string(), z.json())
      .optional()
      .meta({ title: "JSON" })
      .describe('Body of each request. Default: {"text": "This product is amazing!"}.'),
    secretEnvironment: SecretReferences.optional().describe(
      "Environment variables taken from `secrets`; API_KEY is sent as X-API-Key. Default: none.",
    ),
    clients: z.int().min(1).max(1000).optional().describe("Clients at once, each a pod. Default: 5."),
    requests: z.int().min(1).optional().describe("Requests of each client. Default: 100."),
    delayMilliseconds: Count.optional().describe("Wait between two requests of a client. Default: 100."),
    timeoutSeconds: z.int().min(1).optional().describe("Time for an answer. Default: 30."),
    minSuccess: z
      .number()
      .min(0)
      .max(1)
      .optional()
      .describe("Share of answers below which the test fails. Default: 0.99."),
    maxP95Milliseconds: z
      .int()
      .min(1)
      .optional()
      .describe("95th percentile above which the test fails. Default: no bound."),
    resources: Resources.optional().describe("Default: 100m CPU and 128Mi, at most 200m and 256Mi."),
    activeDeadlineSeconds: Seconds.optional().describe("When the Job is given up. Default: 600."),
    await: z.boolean().optional().describe("Wait for the Job to finish when deploying. Default: true."),
  })
  .refine(({ url, model }) => (url === undefined) !== (model === undefined), {
    error: "takes exactly one of url and model",
  })
  .describe("A Job that sends requests from several clients at once and reports what came back.");
