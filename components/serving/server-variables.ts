import { MODELS_PATH } from "../kubernetes/pod.ts";
import type { ResolvedVersionSettings } from "./resolve.ts";

/** The environment variables that the project's server gets from the settings of the version. */
export function serverVariables(
  model: string,
  {
    version,
    container,
    rollout,
    modelsPath,
  }: Pick<ResolvedVersionSettings, "version" | "container" | "rollout" | "modelsPath">,
): Record<string, string> {
  const grpc = container.ports["grpc"];
  const { drainSeconds, terminationGracePeriodSeconds, preStopSeconds } = rollout;
  return {
    MODEL_NAME: model,
    MODEL_VERSION: version,
    MODEL_DIR: modelsPath === false ? MODELS_PATH : modelsPath,
    PORT: String(container.port),
    METRICS_PORT: String(container.metricsPort),
    ...(grpc === undefined ? {} : { GRPC_PORT: String(grpc) }),
    DRAIN_SECONDS: String(drainSeconds),
    // The server has to exit on its own before the kubelet kills it.
    SHUTDOWN_SECONDS: String(Math.max(1, terminationGracePeriodSeconds - preStopSeconds - 2)),
  };
}
