import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import type { Kubectl } from "../../cluster/kubectl.ts";
import { waitFor } from "../../common/wait.ts";
import { valueAt } from "../../engine/status/fields.ts";
import { steadyPort } from "../support/steady-port.ts";
import { ensureTool } from "../tools/index.ts";

const NAMESPACE = "kueue-system";
const SERVICE = "kueue-webhook-service";
const SECRET = "kueue-webhook-server-cert";
/** Where Kueue looks for the certificate of its webhooks; no setting changes it. */
const CERTIFICATES = "/tmp/k8s-webhook-server/serving-certs";

/** Kueue as a process of this machine. */
export interface Kueue {
  stop(): Promise<void>;
}

/**
 * Starts Kueue outside of a cluster. Its webhooks listen at the address of their Service, which has to be one of this machine's
 * loopback interface.
 *
 * @throws Error with the end of its output if it ends by itself
 */
export async function startKueue(kubectl: Kubectl): Promise<Kueue> {
  const tool = await ensureTool("kueue");
  const manifests = await kubectl.run(["kustomize", path.join(tool, "config", "default")]);
  await kubectl.run(["apply", "--server-side", "--filename=-"], manifests);
  const [service] = await kubectl.get(["service", SERVICE, `--namespace=${NAMESPACE}`]);
  const config = {
    apiVersion: "config.kueue.x-k8s.io/v1beta2",
    kind: "Configuration",
    namespace: NAMESPACE,
    health: { healthProbeBindAddress: `127.0.0.1:${await steadyPort()}` },
    metrics: { bindAddress: "0" },
    webhook: { host: service && valueAt(service, "spec.clusterIP"), port: 443 },
    leaderElection: { leaderElect: false },
    integrations: { frameworks: ["batch/job"] },
  };
  const folder = await mkdtemp(path.join(tmpdir(), "kueue-"));
  const file = path.join(folder, "config.json");
  await writeFile(file, JSON.stringify(config));
  const flags = [`--config=${file}`, "--feature-gates=VisibilityOnDemand=false"];
  const manager = execa("setpriv", ["--pdeathsig", "KILL", path.join(tool, "manager"), ...flags], {
    env: { KUBECONFIG: kubectl.kubeconfig },
    reject: false,
    all: true,
  });
  const ended = manager.then(({ all }) => `Kueue ended:\n${all.slice(-4000)}`);
  const reason = await Promise.race([mountCertificates(kubectl), ended]);
  if (reason !== undefined) throw new Error(reason);
  return {
    async stop() {
      manager.kill();
      await ended;
      await rm(folder, { recursive: true, force: true });
      await rm(CERTIFICATES, { recursive: true, force: true });
    },
  };
}

/** What the kubelet does in a cluster: puts the certificate that Kueue has made into the folder where Kueue waits for it. */
async function mountCertificates(kubectl: Kubectl): Promise<void> {
  const data = await waitFor(
    async () => {
      const [secret] = await kubectl.get(["secret", SECRET, `--namespace=${NAMESPACE}`]);
      return (secret && valueAt(secret, "data")) as Record<string, string> | undefined;
    },
    { interval: 200 },
  );
  await mkdir(CERTIFICATES, { recursive: true });
  for (const [name, content] of Object.entries(data ?? {})) {
    await writeFile(path.join(CERTIFICATES, name), Buffer.from(content, "base64"));
  }
}
