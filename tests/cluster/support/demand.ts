import type { Kubectl } from "../../../cluster/kubectl.ts";

/** A server in the cluster that says how much waits, as a message queue would: `{"waiting": 0}`. */
export interface Demand {
  /** Its address for pods. */
  readonly url: string;
  /** Changes how much waits. */
  set(waiting: number): Promise<void>;
}

const NAME = "demand";
const PORT = 8080;

/** Answers how much waits, after changing it where the query says so. */
const SERVER = `
let waiting = 0;
require("node:http").createServer((request, response) => {
  const given = new URL(request.url, "http://localhost").searchParams.get("waiting");
  if (given !== null) waiting = Number(given);
  response.end(JSON.stringify({ waiting }));
}).listen(${PORT});
process.on("SIGTERM", () => process.exit());
`;

/**
 * Starts the server, and waits until it is ready.
 *
 * @param image an image with Node.js that the node has
 */
export async function startDemand(kubectl: Kubectl, namespace: string, image: string): Promise<Demand> {
  const labels = { app: NAME };
  const metadata = { name: NAME, namespace, labels };
  const container = {
    name: NAME,
    image,
    imagePullPolicy: "Never",
    command: ["node", "-e", SERVER],
    readinessProbe: { httpGet: { path: "/", port: PORT }, periodSeconds: 1 },
  };
  await kubectl.onObjects(
    ["apply"],
    [
      { apiVersion: "v1", kind: "Pod", metadata, spec: { containers: [container] } },
      { apiVersion: "v1", kind: "Service", metadata, spec: { selector: labels, ports: [{ port: PORT }] } },
    ],
  );
  await kubectl.run(["wait", "--for=condition=Ready", `pod/${NAME}`, `--namespace=${namespace}`, "--timeout=240s"]);
  const proxy = `/api/v1/namespaces/${namespace}/services/${NAME}:${PORT}/proxy/`;
  return {
    url: `http://${NAME}.${namespace}.svc:${PORT}/`,
    set: async (waiting) => void (await kubectl.run(["get", "--raw", `${proxy}?waiting=${waiting}`])),
  };
}
