import type * as k8s from "@pulumi/kubernetes";
import { defaults } from "../defaults/defaults.ts";
import { type WithDefaults, withDefaults } from "../defaults/with-defaults.ts";

type Container = k8s.types.input.core.v1.Container;

/** What a probe does; one of `path`, `tcp`, `grpc` and `command`. */
export interface ProbeAction {
  /** GET this path; a status from 200 to 399 is success. */
  readonly path?: string;
  /** Success is that the port accepts a connection. */
  readonly tcp?: true;
  /** Call gRPC's health service, of all services or of the one with this name. */
  readonly grpc?: true | string;
  /** Run this in the container; exit code 0 is success. */
  readonly command?: readonly string[];
  /** Port to ask. @default the one that the server listens on */
  readonly port?: number;
}

/** One probe; all times in seconds. */
export interface ProbeArgs extends ProbeAction {
  readonly initialDelaySeconds?: number;
  readonly periodSeconds?: number;
  readonly timeoutSeconds?: number;
  readonly successThreshold?: number;
  readonly failureThreshold?: number;
}

/** The three probes of a server; `false` leaves one out. */
export interface ProbesArgs {
  /**
   * Until the model is loaded.
   *
   * @default every second, 120 times: /ready; of an own image what `readiness` asks, else that the port accepts connections
   */
  readonly startup?: ProbeArgs | false;
  /** In the traffic or not. @default every 5 s, out after 3 failures: as `startup` */
  readonly readiness?: ProbeArgs | false;
  /**
   * Restarted or not.
   *
   * @default every 10 s, restarted after 3 failures: /health; of an own image that the port accepts connections
   */
  readonly liveness?: ProbeArgs | false;
}

type ResolvedProbe = WithDefaults<ProbeArgs, "periodSeconds" | "timeoutSeconds" | "failureThreshold">;

/** The three probes with every default filled in. */
export type ResolvedProbes = Readonly<Record<keyof ProbesArgs, ResolvedProbe | false>>;

/** @param ownImage whether the server is another one than the project's, whose paths are not known */
export function resolveProbes(probes: ProbesArgs = {}, ownImage = false): ResolvedProbes {
  const asked = actionOf(probes.readiness) ?? actionOf(probes.startup) ?? { tcp: true as const };
  const resolve = (name: keyof ProbesArgs, unknown: ProbeAction): ResolvedProbe | false => {
    const probe = probes[name] ?? {};
    if (probe === false) return false;
    const { path, ...timing } = defaults.version.probes[name];
    return withDefaults(timing, { ...(actionOf(probe) ?? (ownImage ? unknown : { path })), ...probe });
  };
  return {
    startup: resolve("startup", asked),
    readiness: resolve("readiness", asked),
    liveness: resolve("liveness", { tcp: true }),
  };
}

/** What a probe is set to do; undefined if only its timing is set. */
function actionOf(probe: ProbeArgs | false | undefined): ProbeAction | undefined {
  if (probe === undefined || probe === false) return undefined;
  const { path, tcp, grpc, command, port } = probe;
  if ((path ?? tcp ?? grpc ?? command) === undefined) return undefined;
  return Object.fromEntries(
    Object.entries({ path, tcp, grpc, command, port }).filter(([, value]) => value !== undefined),
  );
}

/** The probes of a container, on its named port. */
export function probesManifest(
  port: { readonly name: string; readonly number: number },
  { startup, readiness, liveness }: ResolvedProbes,
): Pick<Container, "startupProbe" | "readinessProbe" | "livenessProbe"> {
  const probe = (name: string, settings: ResolvedProbe | false) =>
    settings === false ? {} : { [name]: probeManifest(port, settings) };
  return {
    ...probe("startupProbe", startup),
    ...probe("readinessProbe", readiness),
    ...probe("livenessProbe", liveness),
  };
}

function probeManifest(
  named: { readonly name: string; readonly number: number },
  { path, tcp, grpc, command, port, ...timing }: ResolvedProbe,
): k8s.types.input.core.v1.Probe {
  if (command !== undefined) return { exec: { command: [...command] }, ...timing };
  // A gRPC probe takes a number only.
  if (grpc !== undefined) {
    return { grpc: { port: port ?? named.number, ...(grpc === true ? {} : { service: grpc }) }, ...timing };
  }
  if (tcp === true) return { tcpSocket: { port: port ?? named.name }, ...timing };
  return httpProbe(port ?? named.name, { path, ...timing });
}

/** A probe by HTTP GET on a port. */
export function httpProbe(
  port: string | number,
  { path, ...timing }: Omit<ProbeArgs, "tcp" | "grpc" | "command" | "port">,
): k8s.types.input.core.v1.Probe {
  return { httpGet: { path, port }, ...timing };
}

/**
 * The longest time that a pod may take to become ready, according to its startup probe, in seconds.
 *
 * @see https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/
 */
export function startupSeconds({ startup }: ResolvedProbes): number {
  if (startup === false) return 0;
  return (startup.initialDelaySeconds ?? 0) + startup.periodSeconds * startup.failureThreshold;
}
