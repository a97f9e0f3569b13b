import { z } from "zod";
import type { PodPatch } from "../../../components/kubernetes/pod-patch.ts";

/** A piece of a pod template. Its fields are those of Kubernetes' API, against which the checks compare it. */
export const Pod = z
  .custom<PodPatch>((value) => typeof value === "object" && value !== null && !Array.isArray(value), {
    error: "must be a piece of a pod template, such as {spec: {priorityClassName: high}}",
  })
  .meta({ title: "pod template" })
  .describe(
    "A piece of a Kubernetes pod template (`metadata` with labels and annotations, `spec`), merged over the pods by Kubernetes' rules: containers, variables and volumes by name, mounts by path; `null` takes a field away. Default: none.",
  );
