import { z } from "zod";
import { KubernetesName, LabelName, Seconds } from "../values.ts";
import { placement } from "./container.ts";

/** A port that a container without any privilege may listen on. */
const UnprivilegedPort = z
  .int()
  .min(1024, "must be a port from 1024 to 65535, since the container runs without privileges")
  .max(65535, "must be a port from 1024 to 65535")
  .meta({ title: "port" });

/** Timing of one HTTP probe. */
export const Probe = z.strictObject({
  path: z.string().startsWith("/").optional().describe("Path that is asked."),
  initialDelaySeconds: Seconds.optional().describe("Wait before the first check."),
  periodSeconds: z.int().min(1).optional().describe("Time between two checks."),
  timeoutSeconds: z.int().min(1).optional().describe("Time for an answer."),
  successThreshold: z.int().min(1).optional().describe("Good checks that make it good."),
  failureThreshold: z.int().min(1).optional().describe("Bad checks that make it bad."),
});

/** The container of the server. */
export const Container = z
  .strictObject({
    name: KubernetesName.optional().describe("Name of the container. Default: model-server."),
    port: UnprivilegedPort.optional().describe("Port that the server listens on. Default: 8080."),
    metricsPort: UnprivilegedPort.optional().describe("Port of the metrics. Default: 9090."),
  })
  .refine(({ port = 8080, metricsPort = 9090 }) => port !== metricsPort, {
    path: ["metricsPort"],
    error: "is the port that the server listens on; take another one",
  });

/** Where the pods of a version run. */
export const Scheduling = z.strictObject({
  zoneAntiAffinityWeight: z
    .int()
    .min(1)
    .max(100)
    .optional()
    .describe("Prefer zones without a pod of the version, with this weight. Default: no preference but the spread."),
  topologySpread: z
    .array(
      z.strictObject({
        topologyKey: LabelName.describe("Label of the nodes that tells one place from another."),
        maxSkew: z.int().min(1).optional().describe("Most pods that one place may have more than another. Default: 1."),
        whenUnsatisfiable: z.enum(["ScheduleAnyway", "DoNotSchedule"]).optional().describe("Default: ScheduleAnyway."),
      }),
    )
    .optional()
    .describe("How evenly pods are spread. Default: over zones and over nodes, as well as can be."),
  ...placement,
});
