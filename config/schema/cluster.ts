import { z } from "zod";

/** The cluster that the stack is deployed to. */
export const Cluster = z
  .strictObject({
    kubeconfig: z
      .string()
      .min(1)
      .optional()
      .describe("Path of a kubeconfig file. Default: KUBECONFIG, then ~/.kube/config."),
    context: z.string().min(1).optional().describe("Context of the kubeconfig. Default: its current context."),
    identifier: z
      .string()
      .min(1)
      .optional()
      .describe("Stands for the cluster: a changed kubeconfig replaces nothing as long as this stays the same."),
  })
  .describe("The cluster that the stack is deployed to.");
