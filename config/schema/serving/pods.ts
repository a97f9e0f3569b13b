import { z } from "zod";
import { defaults } from "../../../components/defaults/defaults.ts";
import { KubernetesName, LabelName, Port, PortName, Seconds } from "../values.ts";
import { placement } from "./container.ts";

const probeAction = {
  path: z
    .string()
    .startsWith("/", "must start with '/'")
    .optional()
    .describe("Path of the request; success is a status from 200 to 399."),
  tcp: z.literal(true).optional().describe("Instead of `path`: success is that the port accepts connections."),
  grpc: z
    .union([z.literal(true), z.string().min(1)], { error: "must be true, or the name of a gRPC service" })
    .meta({ title: "`true` or the name of a service" })
    .optional()
    .describe("Instead of `path`: gRPC's health service."),
  command: z
    .array(z.string())
    .min(1, "needs a program to run")
    .optional()
    .describe("Instead of `path`: a command in the container; success is exit code 0."),
  port: Port.optional().describe("Port to ask. Default: the one that the server listens on."),
};

/** What a probe asks, and its timing. */
const ProbeSettings = z.strictObject({
  ...probeAction,
  initialDelaySeconds: Seconds.optional().describe("Wait before the first check."),
  periodSeconds: z.int32().min(1).optional().describe("Time between two checks."),
  timeoutSeconds: z.int32().min(1).optional().describe("Longest wait for a response."),
  successThreshold: z.int32().min(1).optional().describe("Successes in a row that count as success."),
  failureThreshold: z.int32().min(1).optional().describe("Failures in a row that count as failure."),
});

/** A probe, or none. */
export const Probe = probe(ProbeSettings);

/** A probe of which one success counts: the API server rejects more for startup and liveness. */
export const OneSuccessProbe = probe(
  ProbeSettings.extend({
    successThreshold: z
      .literal(1, "must be 1 for startup and liveness probes")
      .optional()
      .describe("Successes in a row that count as success: 1."),
  }),
);

function probe<T extends typeof ProbeSettings>(settings: z.ZodType<z.output<T>, z.input<T>>) {
  const one = settings.refine(
    ({ path, tcp, grpc, command }) => [path, tcp, grpc, command].filter((action) => action !== undefined).length < 2,
    { error: "takes one of path, tcp, grpc and command" },
  );
  return z.union([z.literal(false), one], { error: "must be settings of a probe, or false for none" });
}

/** The container of the server. */
export const Container = z.strictObject({
  name: KubernetesName.optional().describe(`Name of the container. Default: ${defaults.version.container.name}.`),
  port: Port.optional().describe(`Port that the server listens on. Default: ${defaults.version.container.port}.`),
  metricsPort: z
    .union([z.literal(false), Port], { error: "must be a port, 1–65535, or false for none" })
    .meta({ title: "port or `false`" })
    .optional()
    .describe(
      `Port of the metrics. Default: ${defaults.version.container.metricsPort}; with an \`image\`, \`port\` if \`metricsPath\` is given, otherwise none.`,
    ),
  metricsPath: z
    .string()
    .startsWith("/", "must start with '/'")
    .optional()
    .describe(`Path of the metrics of a server with an \`image\`. Default: ${defaults.metricsPath}.`),
  ports: z
    .record(PortName, Port)
    .optional()
    .describe(
      "More ports by name, such as `grpc: 8001`; the version's Services have them too. The inference server serves gRPC on the port `grpc`. Default: none.",
    ),
});

/** Where the pods of a version run. */
export const Scheduling = z.strictObject({
  zoneAntiAffinityWeight: z
    .int32()
    .min(1)
    .max(100)
    .optional()
    .describe("Prefer zones without a pod of the version, with this weight. Default: only the spread."),
  topologySpread: z
    .array(
      z.strictObject({
        topologyKey: LabelName.describe("Label of the nodes that tells one place from another."),
        maxSkew: z
          .int32()
          .min(1)
          .optional()
          .describe(`Largest difference in pods between two places. Default: ${defaults.topologySpread.maxSkew}.`),
        whenUnsatisfiable: z
          .enum(["ScheduleAnyway", "DoNotSchedule"])
          .optional()
          .describe(`Default: ${defaults.topologySpread.whenUnsatisfiable}.`),
        matchLabelKeys: z
          .array(LabelName)
          .min(1, "needs a label; leave it out for none")
          .optional()
          .describe(
            "Labels of the pods whose values must match too, such as `pod-template-hash`, so that only pods of the same revision count (Kubernetes 1.27 and newer). Default: none.",
          ),
      }),
    )
    .optional()
    .describe("How evenly pods are spread. Default: over zones and over nodes, where possible."),
  ...placement,
});
