import { z } from "zod";
import { resolveApiGateway } from "../../../components/api-gateway/resolve.ts";
import { defaults } from "../../../components/defaults/defaults.ts";
import { defaultResources } from "../default-text.ts";
import { Pod } from "../kubernetes/pod.ts";
import {
  ByteSize,
  CountOrPercent,
  ImageReference,
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
    .describe("Path at the gateway, such as /predict; a path that ends with / matches everything below it."),
  model: ModelName.describe("Model that answers: its name, or the name of its entry."),
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
    name: KubernetesName.optional().describe(
      `Name of the Deployment, and label \`app\`. Default: ${defaults.apiGateway.name}.`,
    ),
    image: ImageReference.optional().describe(`Reference of the nginx image. Default: ${defaults.apiGateway.image}.`),
    routes: z.array(Route).min(1, "needs at least one route").describe("Which path leads to which model."),
    apiKey: z
      .strictObject({ secret: KubernetesName, key: VariableName })
      .meta({ title: "`{secret, key}`" })
      .optional()
      .describe(
        "Key of `secrets` that requests must send as X-API-Key, except to /health and /status. Default: no key.",
      ),
    configName: KubernetesName.optional().describe(
      "Fixed name of the ConfigMap with nginx.conf. Default: named by Pulumi, and immutable.",
    ),
    replicas: z
      .int32()
      .min(1)
      .optional()
      .describe(`Pods; with autoscaling, the number to start with. Default: ${defaults.apiGateway.replicas}.`),
    pod: Pod.optional(),
    resources: Resources.optional().describe(defaultResources(defaults.apiGateway.resources)),
    service: Service.optional().describe(
      `The Service in front of the gateway. Default: a ${defaults.service.type} on port ${defaults.service.port}.`,
    ),
    autoscaling: Autoscaling.optional().describe("Horizontal autoscaling. Default: none."),
    disruptionBudget: DisruptionBudget.optional().describe("How many pods may be evicted at once. Default: no limit."),
    rollout: z
      .strictObject({
        maxSurge: CountOrPercent.optional().describe(
          `Pods above the wanted number while rolling. Default: ${defaults.apiGateway.rollout.maxSurge}.`,
        ),
        maxUnavailable: CountOrPercent.optional().describe(
          `Pods below the wanted number while rolling. Default: ${defaults.apiGateway.rollout.maxUnavailable}.`,
        ),
        drainSeconds: Seconds.optional().describe(
          `How long a terminating pod keeps answering. Default: ${defaults.apiGateway.rollout.drainSeconds}.`,
        ),
        terminationGracePeriodSeconds: z
          .int32()
          .min(1)
          .optional()
          .describe(
            `Time from the start of the termination to SIGKILL. Default: ${defaults.apiGateway.rollout.terminationGracePeriodSeconds}.`,
          ),
        revisionHistoryLimit: z
          .int32()
          .min(0)
          .optional()
          .describe(
            `Revisions kept for \`kubectl rollout undo\`. Default: ${defaults.apiGateway.rollout.revisionHistoryLimit}.`,
          ),
      })
      .refine(
        (rollout) => {
          const { drainSeconds, terminationGracePeriodSeconds } = resolveApiGateway({ rollout }).rollout;
          return drainSeconds < terminationGracePeriodSeconds;
        },
        {
          path: ["terminationGracePeriodSeconds"],
          error: `must be above drainSeconds (default ${defaults.apiGateway.rollout.drainSeconds})`,
        },
      )
      .optional()
      .describe("How pods are replaced."),
    connectTimeoutSeconds: z
      .int32()
      .min(1)
      .optional()
      .describe(`Longest time to connect to a model's server. Default: ${defaults.apiGateway.connectTimeoutSeconds}.`),
    readTimeoutSeconds: z
      .int32()
      .min(1)
      .optional()
      .describe(`Longest time between two parts of a response. Default: ${defaults.apiGateway.readTimeoutSeconds}.`),
    bodyLimit: ByteSize.optional().describe(
      `Reject larger request bodies with 413. Default: the longest that the servers behind it read (\`MAX_BODY_BYTES\`), ${defaults.apiGateway.bodyLimit} for the project's.`,
    ),
    attempts: z
      .int32()
      .min(1)
      .max(16)
      .optional()
      .describe(
        `Attempts for a request on the model's pods, including the first. Default: ${defaults.apiGateway.attempts}.`,
      ),
    workerConnections: z
      .int32()
      .min(16)
      .optional()
      .describe(`Simultaneous connections of one pod. Default: ${defaults.apiGateway.workerConnections}.`),
  })
  .describe("An nginx in front of the models, with /health, /status and a path for each model. Default: none.");
