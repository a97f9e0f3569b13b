import { z } from "zod";
import { defaults } from "../../../components/defaults/defaults.ts";
import { resolveContainer } from "../../../components/serving/resolve.ts";
import { KubernetesName, LabelName, Seconds } from "../values.ts";
import { placement } from "./container.ts";

/** A port that an unprivileged container may listen on. */
const UnprivilegedPort = z
  .int()
  .min(1024, "must be a port from 1024 to 65535, since the container runs without privileges")
  .max(65535, "must be a port from 1024 to 65535")
  .meta({ title: "port" });

/** Timing of one HTTP probe. */
export const Probe = z.strictObject({
  path: z.string().startsWith("/").optional().describe("Path of the request."),
  initialDelaySeconds: Seconds.optional().describe("Wait before the first check."),
  periodSeconds: z.int().min(1).optional().describe("Time between two checks."),
  timeoutSeconds: z.int().min(1).optional().describe("Longest wait for a response."),
  successThreshold: z.int().min(1).optional().describe("Successes in a row that count as success."),
  failureThreshold: z.int().min(1).optional().describe("Failures in a row that count as failure."),
});

/** A probe of which one success counts: the API server rejects more for startup and liveness. */
export const OneSuccessProbe = Probe.extend({
  successThreshold: z
    .literal(1, "must be 1 for startup and liveness probes")
    .optional()
    .describe("Successes in a row that count as success: 1."),
});

/** The container of servers that may set more of it. */
export const ContainerDefaults = z.strictObject({
  name: KubernetesName.optional().describe(`Name of the container. Default: ${defaults.version.container.name}.`),
  port: UnprivilegedPort.optional().describe(
    `Port that the server listens on. Default: ${defaults.version.container.port}.`,
  ),
  metricsPort: UnprivilegedPort.optional().describe(
    `Port of the metrics. Default: ${defaults.version.container.metricsPort}.`,
  ),
});

/** The container of the server. */
export const Container = ContainerDefaults.refine(
  (container) => {
    const { port, metricsPort } = resolveContainer(container);
    return port !== metricsPort;
  },
  { path: ["metricsPort"], error: "is the port that the server listens on; choose another one" },
);

/** Where the pods of a version run. */
export const Scheduling = z.strictObject({
  zoneAntiAffinityWeight: z
    .int()
    .min(1)
    .max(100)
    .optional()
    .describe("Prefer zones without a pod of the version, with this weight. Default: only the spread."),
  topologySpread: z
    .array(
      z.strictObject({
        topologyKey: LabelName.describe("Label of the nodes that tells one place from another."),
        maxSkew: z
          .int()
          .min(1)
          .optional()
          .describe(`Largest difference in pods between two places. Default: ${defaults.topologySpread.maxSkew}.`),
        whenUnsatisfiable: z
          .enum(["ScheduleAnyway", "DoNotSchedule"])
          .optional()
          .describe(`Default: ${defaults.topologySpread.whenUnsatisfiable}.`),
      }),
    )
    .optional()
    .describe("How evenly pods are spread. Default: over zones and over nodes, where possible."),
  ...placement,
});
