import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { secretVariables } from "../kubernetes/container.ts";
import { environment } from "../kubernetes/pod.ts";
import type { ResolvedVersionSettings } from "./resolve.ts";
import { serverVariables } from "./server-variables.ts";

type Container = k8s.types.input.core.v1.Container;
type Variables = Readonly<Record<string, pulumi.Input<string>>>;

/** What a version's server runs, its variables and its ports: the project's own server, or another image with its command. */
export function serverManifest(
  model: string,
  version: ResolvedVersionSettings,
): Pick<Container, "command" | "args" | "env" | "ports"> {
  const { image, command, args, container, secretEnvironment } = version;
  const ports = [
    { name: "http", containerPort: container.port },
    ...(container.metricsPort === false || container.metricsPort === container.port
      ? []
      : [{ name: "metrics", containerPort: container.metricsPort }]),
    ...Object.entries(container.ports).map(([name, containerPort]) => ({ name, containerPort })),
  ];
  const secrets = secretVariables(secretEnvironment);
  if (image === undefined) {
    return {
      // Set explicitly, since one image may hold both server and trainer.
      command: ["node", "apps/inference/main.ts"],
      env: [...environment(serverVariables(model, version)), ...secrets],
      ports,
    };
  }
  return {
    ...(command === undefined ? {} : { command: [...command] }),
    ...(args === undefined ? {} : { args: [...args] }),
    env: [...environment(ownServerVariables(model, version)), ...secrets],
    ports,
  };
}

/** What another server may want to know; whatever the version sets itself comes first. */
function ownServerVariables(model: string, version: ResolvedVersionSettings): Variables {
  const { container, modelsPath, environment: own, secretEnvironment } = version;
  const told = {
    MODEL_NAME: model,
    MODEL_VERSION: version.version,
    ...(modelsPath === false ? {} : { MODEL_DIR: modelsPath }),
    PORT: String(container.port),
  };
  const free = Object.entries(told).filter(([name]) => !Object.hasOwn({ ...own, ...secretEnvironment }, name));
  return Object.fromEntries(free);
}
