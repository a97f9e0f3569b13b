import type * as k8s from "@pulumi/kubernetes";
import { defaults } from "../defaults/defaults.ts";
import { type WithDefaults, withDefaults } from "../defaults/with-defaults.ts";

/** Timing of one HTTP probe; all times in seconds. */
export interface ProbeArgs {
  readonly path?: string;
  readonly initialDelaySeconds?: number;
  readonly periodSeconds?: number;
  readonly timeoutSeconds?: number;
  readonly successThreshold?: number;
  readonly failureThreshold?: number;
}

/** The three probes of a server. */
export interface ProbesArgs {
  /** Until the model is loaded. @default /ready every second, 120 times */
  readonly startup?: ProbeArgs;
  /** In the traffic or not. @default /ready every 5 s, out after 3 failures */
  readonly readiness?: ProbeArgs;
  /** Restarted or not. @default /health every 10 s, restarted after 3 failures */
  readonly liveness?: ProbeArgs;
}

type ResolvedProbe = WithDefaults<ProbeArgs, "path" | "periodSeconds" | "timeoutSeconds" | "failureThreshold">;

/** The three probes with every default filled in. */
export type ResolvedProbes = Readonly<Record<keyof ProbesArgs, ResolvedProbe>>;

export function resolveProbes({ startup = {}, readiness = {}, liveness = {} }: ProbesArgs = {}): ResolvedProbes {
  const { probes } = defaults.version;
  return {
    startup: withDefaults(probes.startup, startup),
    readiness: withDefaults(probes.readiness, readiness),
    liveness: withDefaults(probes.liveness, liveness),
  };
}

/** The probes of a container, on its named port. */
export function probesManifest(
  port: string,
  { startup, readiness, liveness }: ResolvedProbes,
): Pick<k8s.types.input.core.v1.Container, "startupProbe" | "readinessProbe" | "livenessProbe"> {
  return {
    startupProbe: httpProbe(port, startup),
    readinessProbe: httpProbe(port, readiness),
    livenessProbe: httpProbe(port, liveness),
  };
}

/** A probe by HTTP GET on a named port. */
export function httpProbe(
  port: string,
  { path, ...timing }: ProbeArgs & { path: string },
): k8s.types.input.core.v1.Probe {
  return { httpGet: { path, port }, ...timing };
}

/**
 * The longest time that a pod may take to become ready, according to its startup probe, in seconds.
 *
 * @see https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/
 */
export function startupSeconds({ startup }: ResolvedProbes): number {
  return (startup.initialDelaySeconds ?? 0) + startup.periodSeconds * startup.failureThreshold;
}
