import { readFile } from "node:fs/promises";
import path from "node:path";
import { ensureBinaryImages, imageReference } from "../../../cluster/addons/images.ts";
import type { Kubectl } from "../../../cluster/kubectl.ts";
import { nodeAddress, nodePaths } from "../../../cluster/node/layout.ts";
import { runningNode } from "../../../cluster/node/record.ts";
import { toolchainFolders } from "../../../cluster/toolchain/index.ts";
import { ensureTool } from "../../tools/index.ts";
import type { Cluster } from "../support/cluster.ts";
import { eventually } from "../support/wait.ts";
import type { StoreRequest } from "./store.ts";

/** Namespace of the servers that models come from. */
export const NAMESPACE = "model-store";
const STORE_PORT = 8080;
/** Port on the node, which containerd reaches on loopback and without TLS. */
const REGISTRY_PORT = 5050;

/** A web server of model files in the cluster. */
export interface Store {
  /** Its address for pods. */
  readonly url: string;
  /** Breaks every connection before this byte of a file; undefined for none. */
  cutAt(byte: number | undefined): Promise<void>;
  requests(): Promise<readonly StoreRequest[]>;
}

/** A registry in the cluster. */
export interface Registry {
  /** Its origin for this machine. */
  readonly url: string;
  /** Host and port for pods, and for the node. */
  readonly podHost: string;
  readonly nodeHost: string;
}

/** A graph that computes x/2 + 2. */
export const GRAPH = path.resolve(import.meta.dirname, "../../apps/inference/fixtures/half-plus-two.onnx");

/**
 * Starts the web server, and waits until it is ready.
 *
 * @param image an image with Node.js that the node has
 */
export async function startStore({ kubectl }: Cluster, image: string): Promise<Store> {
  const name = "store";
  const program = await readFile(path.join(import.meta.dirname, "store.ts"), "utf8");
  await kubectl.onObjects(
    ["apply"],
    [
      { apiVersion: "v1", kind: "Namespace", metadata: { name: NAMESPACE } },
      {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name, namespace: NAMESPACE },
        data: { "store.ts": program },
        binaryData: { "graph.onnx": (await readFile(GRAPH)).toString("base64") },
      },
      ...podWithService(name, STORE_PORT, {
        image,
        command: ["node", "/app/store.ts"],
        env: [{ name: "STORE_PORT", value: String(STORE_PORT) }],
        readinessProbe: { httpGet: { path: "/requests", port: STORE_PORT }, periodSeconds: 1 },
      }),
    ],
  );
  await ready(kubectl, name);
  const proxy = `/api/v1/namespaces/${NAMESPACE}/services/${name}:${STORE_PORT}/proxy`;
  const get = (place: string) => kubectl.run(["get", "--raw", `${proxy}${place}`]);
  return {
    url: `http://${name}.${NAMESPACE}.svc:${STORE_PORT}`,
    cutAt: async (byte) => void (await get(byte === undefined ? "/cut" : `/cut?at=${byte}`)),
    requests: async () => JSON.parse(await get("/requests")) as StoreRequest[],
  };
}

/** Starts the registry, from an image of its binary, on a port of the node. */
export async function startRegistryPod({ kubectl, folder }: Cluster): Promise<Registry> {
  const name = "registry";
  const tool = await ensureTool("distribution");
  const state = path.join(folder, "state");
  const node = await runningNode(nodePaths(state));
  if (node === undefined) throw new Error("the node is not running");
  const image = imageReference("registry", tool);
  const place = { containerd: toolchainFolders().containerd, init: node.init, state };
  await ensureBinaryImages([{ reference: image, folder: tool, binary: "registry" }], place);
  const config = {
    version: "0.1",
    log: { level: "warn", accesslog: { disabled: true } },
    storage: { inmemory: {} },
    http: { addr: `0.0.0.0:${REGISTRY_PORT}`, secret: "of a test" },
  };
  await kubectl.onObjects(
    ["apply"],
    [
      {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name, namespace: NAMESPACE },
        data: { "config.yml": JSON.stringify(config) },
      },
      ...podWithService(
        name,
        REGISTRY_PORT,
        {
          image,
          args: ["serve", "/app/config.yml"],
          env: [{ name: "OTEL_TRACES_EXPORTER", value: "none" }],
          readinessProbe: { httpGet: { path: "/", port: REGISTRY_PORT }, periodSeconds: 1 },
        },
        { hostNetwork: true },
      ),
    ],
  );
  await ready(kubectl, name);
  const url = `http://${nodeAddress}:${REGISTRY_PORT}`;
  await eventually("answer of the registry", async () =>
    (await fetch(url).catch(() => undefined))?.ok ? true : undefined,
  );
  return {
    url,
    podHost: `${name}.${NAMESPACE}.svc:${REGISTRY_PORT}`,
    nodeHost: `127.0.0.1:${REGISTRY_PORT}`,
  };
}

/** Removes both servers. */
export async function removeServers({ kubectl }: Cluster): Promise<void> {
  await kubectl.run(["delete", "namespace", NAMESPACE, "--ignore-not-found", "--wait=false"]);
}

function podWithService(name: string, port: number, container: object, pod: object = {}) {
  const metadata = { name, namespace: NAMESPACE, labels: { app: name } };
  const containers = [
    { name, imagePullPolicy: "Never", volumeMounts: [{ name: "app", mountPath: "/app" }], ...container },
  ];
  const volumes = [{ name: "app", configMap: { name } }];
  return [
    {
      apiVersion: "v1",
      kind: "Pod",
      metadata,
      spec: { containers, volumes, terminationGracePeriodSeconds: 1, ...pod },
    },
    { apiVersion: "v1", kind: "Service", metadata, spec: { selector: { app: name }, ports: [{ port }] } },
  ];
}

async function ready(kubectl: Kubectl, name: string): Promise<void> {
  await kubectl.run(["wait", "--for=condition=Ready", `pod/${name}`, `--namespace=${NAMESPACE}`, "--timeout=240s"]);
}
