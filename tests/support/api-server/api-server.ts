import { createWriteStream } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import { ensureCertificates } from "../../../cluster/node/certificates.ts";
import { writeKubeconfig } from "../../../cluster/node/kubeconfig.ts";
import { waitFor } from "../../../common/wait.ts";
import { ensureTool } from "../../tools/index.ts";
import { steadyPort } from "../steady-port.ts";
import { ApiClient } from "./client.ts";

/**
 * Admission that refuses pods whose ServiceAccount, PriorityClass or RuntimeClass does not exist: other people's objects, which a
 * stack only names.
 */
const WITHOUT = ["ServiceAccount", "Priority", "RuntimeClass"];

/** A Kubernetes API server without controllers and nodes. */
export interface ApiServer {
  readonly client: ApiClient;
  /** File with its address and an administrator's credentials. */
  readonly kubeconfig: string;
  stop(): Promise<void>;
}

/**
 * Starts etcd and an API server on free ports of the loopback interface, with an empty database in a folder of its own.
 *
 * @param report receives lines of progress while the two programs are built
 * @param serviceAddresses of which each Service gets one
 * @throws Error with the end of their output if one of them ends before the API server is ready
 */
export async function startApiServer(
  report: (line: string) => void,
  serviceAddresses = "10.96.0.0/16,fd00:10:96::/112",
): Promise<ApiServer> {
  const [etcd, kubernetes] = [await ensureTool("etcd", report), await ensureTool("kubernetes", report)];
  const folder = await mkdtemp(path.join(tmpdir(), "api-server-"));
  const pki = path.join(folder, "pki");
  await ensureCertificates(pki);
  const [clients, peers, api] = [await steadyPort(), await steadyPort(), await steadyPort()];
  const database = `http://127.0.0.1:${clients}`;
  const peer = `http://127.0.0.1:${peers}`;
  const running = [
    run(folder, path.join(etcd, "etcd"), [
      ...["--name=etcd", `--data-dir=${path.join(folder, "etcd")}`, "--log-level=warn", "--unsafe-no-fsync"],
      ...[`--listen-client-urls=${database}`, `--advertise-client-urls=${database}`],
      ...[`--listen-peer-urls=${peer}`, `--initial-advertise-peer-urls=${peer}`, `--initial-cluster=etcd=${peer}`],
    ]),
    run(folder, path.join(kubernetes, "kube-apiserver"), [
      ...[`--etcd-servers=${database}`, "--bind-address=127.0.0.1", `--secure-port=${api}`],
      ...[
        "--advertise-address=127.0.0.1",
        "--endpoint-reconciler-type=none",
        `--service-cluster-ip-range=${serviceAddresses}`,
      ],
      ...[`--tls-cert-file=${pki}/apiserver.crt`, `--tls-private-key-file=${pki}/apiserver.key`],
      ...[`--client-ca-file=${pki}/ca.crt`, "--authorization-mode=AlwaysAllow", "--allow-privileged=true"],
      ...["--service-account-issuer=https://kubernetes.default.svc.cluster.local"],
      ...[`--service-account-key-file=${pki}/service-account.pub`],
      ...[`--service-account-signing-key-file=${pki}/service-account.key`],
      `--disable-admission-plugins=${WITHOUT.join(",")}`,
    ]),
  ];
  const [authority, certificate, key] = await Promise.all(
    ["ca.crt", "admin.crt", "admin.key"].map((file) => readFile(path.join(pki, file), "utf8")),
  );
  const kubeconfig = path.join(folder, "kubeconfig");
  await writeKubeconfig(kubeconfig, pki, "admin", `https://127.0.0.1:${api}`);
  const client = new ApiClient({ port: api, authority, certificate, key });
  const stop = async () => {
    client.close();
    for (const { process } of running) process.kill();
    await Promise.all(running.map(({ ended }) => ended));
    await rm(folder, { recursive: true, force: true });
  };
  const failed = new AbortController();
  const failure = Promise.race(running.map(({ ended }) => ended));
  const ready = waitFor(() => client.isReady(), { interval: 100, signal: failed.signal });
  const reason = await Promise.race([ready.then(() => undefined), failure]);
  if (reason === undefined) return { client, kubeconfig, stop };
  failed.abort();
  await stop();
  throw new Error(reason);
}

/** Starts a program that writes its output into a file of the folder; `ended` resolves with the end of that output. */
function run(folder: string, program: string, args: readonly string[]) {
  const name = path.basename(program);
  const log = path.join(folder, `${name}.log`);
  // It ends with the tests, however they end.
  const process = execa("setpriv", ["--pdeathsig", "KILL", program, ...args], {
    reject: false,
    all: true,
    buffer: false,
  });
  const output = createWriteStream(log);
  process.all.pipe(output);
  const ended = process.then(async ({ exitCode, signal }) => {
    const lines = (await readFile(log, "utf8")).trim().split("\n").slice(-10);
    return `${name} ended (${signal ?? exitCode}):\n${lines.join("\n")}`;
  });
  return { process, ended };
}
