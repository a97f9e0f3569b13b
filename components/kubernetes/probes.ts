import type * as k8s from "@pulumi/kubernetes";

/** Timing of one HTTP probe; all times in seconds. */
export interface ProbeArgs {
  readonly path?: string;
  readonly initialDelaySeconds?: number;
  readonly periodSeconds?: number;
  readonly timeoutSeconds?: number;
  readonly successThreshold?: number;
  readonly failureThreshold?: number;
}

/** The three probes of a server; what is not given is taken from {@link defaultProbes}. */
export interface ProbesArgs {
  readonly startup?: ProbeArgs;
  readonly readiness?: ProbeArgs;
  readonly liveness?: ProbeArgs;
}

/**
 * A model may take two minutes to load (startup), leaves the traffic 3 failed checks after it stops
 * answering (readiness), and is restarted only when the process itself no longer answers (liveness).
 */
export const defaultProbes: Required<ProbesArgs> = {
  startup: { path: "/ready", periodSeconds: 1, timeoutSeconds: 3, failureThreshold: 120 },
  readiness: { path: "/ready", periodSeconds: 5, timeoutSeconds: 3, failureThreshold: 3 },
  liveness: { path: "/health", periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 3 },
};

/** The probes of a container, on its named port. */
export function probes(
  port: string,
  args: ProbesArgs = {},
): Pick<k8s.types.input.core.v1.Container, "startupProbe" | "readinessProbe" | "livenessProbe"> {
  const probe = (kind: keyof ProbesArgs): k8s.types.input.core.v1.Probe => {
    const { path, ...timing } = { ...defaultProbes[kind], ...args[kind] };
    return { httpGet: { path: path ?? "/", port }, ...timing };
  };
  return { startupProbe: probe("startup"), readinessProbe: probe("readiness"), livenessProbe: probe("liveness") };
}

/**
 * The longest time that a pod may take to get ready, by its startup probe, in seconds.
 *
 * @see https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/
 */
export function startupSeconds({ startup }: ProbesArgs = {}): number {
  const {
    initialDelaySeconds = 0,
    periodSeconds = 10,
    failureThreshold = 3,
  } = { ...defaultProbes.startup, ...startup };
  return initialDelaySeconds + periodSeconds * failureThreshold;
}
