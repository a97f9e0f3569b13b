import { z } from "zod";
import {
  ByteSize,
  CountOrPercent,
  KubernetesName,
  ModelName,
  Resources,
  Seconds,
  VariableName,
  Version,
} from "../values.ts";
import { Autoscaling, DisruptionBudget } from "./autoscaling.ts";
import { Service } from "./service.ts";

const UPSTREAM_PATH = /^\/[A-Za-z0-9._~:/-]*$/;
const PATH_MESSAGE = "must start with '/' and have only letters, digits and . _ ~ : - / after it";

const Route = z.strictObject({
  path: z
    .string()
    .regex(UPSTREAM_PATH, PATH_MESSAGE)
    .describe("Path at the gateway, such as /predict; one that ends with / stands for all below it."),
  model: ModelName.describe("Model that answers, by its name or that of its entry."),
  version: Version.describe("Its version."),
  target: z
    .string()
    .regex(UPSTREAM_PATH, PATH_MESSAGE)
    .optional()
    .describe("Path at the model's server. Default: the same."),
});

/** The API gateway in front of the models. */
export const ApiGatewayConfig = z
  .strictObject({
    name: KubernetesName.optional().describe("Name of the Deployment, and label `app`. Default: api-gateway."),
    image: z.string().min(1).optional().describe("Reference of the nginx image. Default: nginx-unprivileged."),
    routes: z.array(Route).min(1, "needs at least one route").describe("Which path leads to which model."),
    apiKey: z
      .strictObject({ secret: KubernetesName, key: VariableName })
      .meta({ title: "`{secret, key}`" })
      .optional()
      .describe(
        "Key of `secrets` that requests must bring as X-API-Key; /health and /status need none. Default: no key.",
      ),
    configName: KubernetesName.optional().describe(
      "Fixed name of the ConfigMap with nginx.conf. Default: named by Pulumi, and immutable.",
    ),
    replicas: z.int().min(1).optional().describe("Pods; with autoscaling, those to start with. Default: 2."),
    resources: Resources.optional().describe("Default: 100m CPU and 64Mi, at most 200m CPU and 128Mi."),
    service: Service.optional().describe("The Service in front of the gateway. Default: a ClusterIP on port 80."),
    autoscaling: Autoscaling.optional().describe("Horizontal autoscaling. Default: none."),
    disruptionBudget: DisruptionBudget.optional().describe("How many pods may be evicted at once. Default: no bound."),
    rollout: z
      .strictObject({
        maxSurge: CountOrPercent.optional().describe("Pods above the wanted number while rolling. Default: 1."),
        maxUnavailable: CountOrPercent.optional().describe("Pods below the wanted number while rolling. Default: 0."),
        drainSeconds: Seconds.optional().describe("How long a pod that ends goes on answering. Default: 5."),
        terminationGracePeriodSeconds: z
          .int()
          .min(1)
          .optional()
          .describe("From the end's start to SIGKILL. Default: 45."),
        revisionHistoryLimit: z
          .int()
          .min(0)
          .optional()
          .describe("Revisions kept for `kubectl rollout undo`. Default: 10."),
      })
      .refine(
        ({ drainSeconds = 5, terminationGracePeriodSeconds = 45 }) => drainSeconds < terminationGracePeriodSeconds,
        { path: ["terminationGracePeriodSeconds"], error: "must be above drainSeconds (default 5)" },
      )
      .optional()
      .describe("How pods are replaced."),
    connectTimeoutSeconds: z.int().min(1).optional().describe("Longest time to reach a model's server. Default: 10."),
    readTimeoutSeconds: z.int().min(1).optional().describe("Longest time between two parts of an answer. Default: 30."),
    bodyLimit: ByteSize.optional().describe("Refuse larger request bodies with 413. Default: 10Mi."),
    attempts: z
      .int()
      .min(1)
      .max(16)
      .optional()
      .describe("Tries of a request on the model's pods, the first included. Default: 8."),
    workerConnections: z.int().min(16).optional().describe("Connections at once of one pod. Default: 1024."),
  })
  .describe("An nginx in front of the models, with /health, /status and a path for each model. Default: none.");
