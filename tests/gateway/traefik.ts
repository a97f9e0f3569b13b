import path from "node:path";
import { execa } from "execa";
import { waitFor } from "../../common/wait.ts";
import type { KubernetesObject } from "../../render/rendered.ts";
import type { ApiServer } from "../support/api-server/api-server.ts";
import { steadyPort } from "../support/steady-port.ts";
import { ensureTool } from "../tools/index.ts";

/** Name and namespace of the Gateway. */
export const GATEWAY = { name: "gw", namespace: "gw-system" };

/** A Traefik as a process of this machine. */
export interface Traefik {
  /** Its port on 127.0.0.1. */
  readonly port: number;
  stop(): Promise<void>;
}

/**
 * Starts the cluster's Traefik outside of a cluster: it reads routes from an API server, and sends requests to the addresses of
 * Services, where the tests listen.
 *
 * @throws Error with its output if it ends by itself
 */
export async function startTraefik({ client, kubeconfig }: ApiServer): Promise<Traefik> {
  const [port, admin] = [await steadyPort(), await steadyPort()];
  for (const object of gatewayObjects(port)) {
    const { status, body } = await client.apply(object, { dryRun: false });
    if (status >= 300) throw new Error(JSON.stringify(body));
  }
  const flags = [
    ...[
      `--entrypoints.web.address=127.0.0.1:${port}`,
      `--entrypoints.traefik.address=127.0.0.1:${admin}`,
      "--ping=true",
    ],
    ...["--providers.kubernetesgateway=true", "--providers.kubernetesgateway.nativelbbydefault=true"],
    ...["--providers.kubernetescrd=true", "--global.checknewversion=false", "--global.sendanonymoususage=false"],
    ...["--api.dashboard=false", "--log.level=INFO"],
  ];
  const program = path.join(await ensureTool("traefik"), "traefik");
  const process = execa("setpriv", ["--pdeathsig", "KILL", program, ...flags], {
    env: { KUBECONFIG: kubeconfig },
    reject: false,
    all: true,
  });
  const failed = new AbortController();
  const ended = process.then(({ all }) => `Traefik ended:\n${all}`);
  const answers = async () => (await fetch(`http://127.0.0.1:${admin}/ping`).catch(() => undefined))?.ok || undefined;
  const ready = waitFor(answers, { interval: 100, signal: failed.signal });
  const reason = await Promise.race([ready.then(() => undefined), ended]);
  failed.abort();
  if (reason !== undefined) throw new Error(reason);
  return {
    port,
    async stop() {
      process.kill();
      await ended;
    },
  };
}

function gatewayObjects(port: number): KubernetesObject[] {
  const { name, namespace } = GATEWAY;
  const group = "gateway.networking.k8s.io/v1";
  const listener = { name: "http", protocol: "HTTP", port, allowedRoutes: { namespaces: { from: "All" } } };
  return [
    { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
    {
      ...{ apiVersion: group, kind: "GatewayClass", metadata: { name: "traefik" } },
      spec: { controllerName: "traefik.io/gateway-controller" },
    },
    {
      ...{ apiVersion: group, kind: "Gateway", metadata: { name, namespace } },
      spec: { gatewayClassName: "traefik", listeners: [listener] },
    },
  ];
}
