import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { execa } from "execa";
import type { Kubectl, LiveObject } from "../../cluster/kubectl.ts";
import { nodePaths } from "../../cluster/node/layout.ts";
import { UserError } from "../../common/errors.ts";
import { cacheDirectory } from "../../common/paths.ts";
import { findOnPath } from "../../common/search-path.ts";
import { waitFor } from "../../common/wait.ts";
import { valueAt } from "../../engine/status/fields.ts";
import { toYaml } from "../../render/yaml.ts";

const PACKAGE = "prometheus";

/** Port of a server's metrics in its pods. */
const METRICS_PORT = 9090;

/** The embedded cluster's gateway: where its pods are, and the port of their metrics. */
const GATEWAY = { namespace: "gateway-system", selector: "app.kubernetes.io/name=traefik", port: 9000 } as const;

/** Milliseconds that Prometheus may take to start. */
const READY_TIMEOUT = 60_000;

export interface LocalPrometheusOptions {
  /** For its data, which are deleted at its end. */
  readonly folder: string;
  /** State folder of the embedded cluster. */
  readonly state: string;
  /** Of the embedded cluster. */
  readonly kubectl: Kubectl;
  /** Namespace whose servers it scrapes. */
  readonly namespace: string;
  /** Port on 127.0.0.1. */
  readonly port: number;
  readonly scrapeSeconds: number;
}

/**
 * A Prometheus on this machine, of Debian's package, that scrapes the servers of a namespace of the embedded cluster, and its
 * gateway, through its API server: a cluster that only shows something needs no operator, and no Prometheus of its own.
 */
export class LocalPrometheus {
  readonly #options: LocalPrometheusOptions;
  readonly #program: string;
  readonly #targets: Server;
  #running: ReturnType<typeof execa> | undefined;

  private constructor(options: LocalPrometheusOptions, program: string, targets: Server) {
    this.#options = options;
    this.#program = program;
    this.#targets = targets;
  }

  /** @throws UserError if there is no such program for this machine, or it does not start */
  static async open(options: LocalPrometheusOptions): Promise<LocalPrometheus> {
    const program = await prometheusProgram();
    const { folder, state, kubectl, namespace, scrapeSeconds } = options;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const view = JSON.parse(await kubectl.run(["config", "view", "--output=json"])) as {
      clusters: { cluster: { server: string } }[];
    };
    const address = new URL(view.clusters[0]?.cluster.server ?? "").host;
    // Debian's build has no discovery of its own for Kubernetes, so this process tells it what there is to scrape.
    const targets = createServer(async (_, response) => {
      const targets = await targetsOf(kubectl, namespace, address).catch(() => undefined);
      // Prometheus keeps its targets if it gets no new ones.
      response.writeHead(targets === undefined ? 503 : 200, { "content-type": "application/json" });
      response.end(JSON.stringify(targets ?? []));
    }).listen(0, "127.0.0.1");
    await once(targets, "listening");
    const { pki } = nodePaths(state);
    const config = {
      global: { scrape_interval: `${scrapeSeconds}s`, scrape_timeout: `${scrapeSeconds}s` },
      scrape_configs: [
        {
          job_name: "model-servers",
          scheme: "https",
          tls_config: {
            ca_file: path.join(pki, "ca.crt"),
            cert_file: path.join(pki, "admin.crt"),
            key_file: path.join(pki, "admin.key"),
          },
          http_sd_configs: [
            { url: `http://127.0.0.1:${(targets.address() as AddressInfo).port}/`, refresh_interval: "2s" },
          ],
        },
      ],
    };
    await writeFile(path.join(folder, "prometheus.yml"), toYaml(config), { mode: 0o600 });
    const prometheus = new LocalPrometheus(options, program, targets);
    await prometheus.start();
    return prometheus;
  }

  get url(): string {
    return localUrl(this.#options.port);
  }

  /** Starts it, or starts it again with what it knows, and waits until it answers. */
  async start(): Promise<void> {
    const { folder } = this.#options;
    const child = execa(
      this.#program,
      [
        `--config.file=${path.join(folder, "prometheus.yml")}`,
        `--storage.tsdb.path=${path.join(folder, "data")}`,
        `--web.listen-address=127.0.0.1:${this.#options.port}`,
        "--log.level=warn",
      ],
      { stdin: "ignore", all: true, reject: false },
    );
    this.#running = child;
    let output: string | undefined;
    void child.then(({ all }) => {
      output = all ?? "";
    });
    const ready = await waitFor(
      async () => {
        if (output !== undefined) return "ended";
        const answer = await fetch(`${this.url}/-/ready`).catch(() => undefined);
        return answer?.ok === true ? "ready" : undefined;
      },
      { interval: 200, timeout: READY_TIMEOUT },
    );
    if (ready === "ready") return;
    await this.kill();
    throw new UserError(`Prometheus does not start: ${output ?? "no answer in a minute"}`, "is its port taken?");
  }

  /** Ends its process at once. Its data stay. */
  async kill(): Promise<void> {
    this.#running?.kill("SIGKILL");
    await this.#running;
    this.#running = undefined;
  }

  async end(): Promise<void> {
    await this.kill();
    this.#targets.closeAllConnections();
    this.#targets.close();
    await rm(this.#options.folder, { recursive: true, force: true });
  }
}

/** Its address on this machine. */
export function localUrl(port: number): string {
  return `http://127.0.0.1:${port}`;
}

/** The servers' pods, and those of the gateway. */
async function targetsOf(kubectl: Kubectl, namespace: string, address: string): Promise<object[]> {
  const running = async (place: string, selector: string) =>
    (await kubectl.get(["pods", `--namespace=${place}`, `--selector=${selector}`])).filter(isRunning);
  const servers = await running(namespace, "component=model-server");
  const gateways = await running(GATEWAY.namespace, GATEWAY.selector);
  return [
    ...servers.map((pod) => targetOf(pod, METRICS_PORT, address)),
    ...gateways.map((pod) => targetOf(pod, GATEWAY.port, address)),
  ];
}

function isRunning(pod: LiveObject): boolean {
  return valueAt(pod, "status.phase") === "Running" && pod.metadata.deletionTimestamp === undefined;
}

/** A pod as Prometheus' HTTP discovery has it, with the labels that the operator would give it. */
function targetOf({ metadata: { name, namespace = "" } }: LiveObject, port: number, address: string): object {
  const place = `/api/v1/namespaces/${namespace}/pods/${name}:${port}/proxy/metrics`;
  return { targets: [address], labels: { namespace, pod: name, instance: name, __metrics_path__: place } };
}

/** The program: one on PATH, or that of Debian's package, which is not installed but unpacked into the cache. */
async function prometheusProgram(): Promise<string> {
  const found = await findOnPath(PACKAGE);
  if (found !== undefined) return found;
  const folder = path.join(cacheDirectory(), "debian", PACKAGE);
  const program = path.join(folder, "usr/bin", PACKAGE);
  if (existsSync(program)) return program;
  await mkdir(path.dirname(folder), { recursive: true });
  const work = await mkdtemp(`${folder}-`);
  try {
    const downloaded = await execa("apt-get", ["--quiet", "download", PACKAGE], {
      cwd: work,
      reject: false,
      all: true,
    });
    const [archive] = (await readdir(work)).filter((name) => name.endsWith(".deb"));
    if (downloaded.exitCode !== 0 || archive === undefined) {
      throw new UserError(
        `Debian's package ${PACKAGE} cannot be downloaded: ${downloaded.all}`,
        "apt-get update, and try again",
      );
    }
    await execa("dpkg-deb", ["--extract", archive, path.join(work, "root")], { cwd: work });
    await rename(path.join(work, "root"), folder).catch((error: NodeJS.ErrnoException) => {
      // Another process was faster.
      if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
    });
    return program;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
