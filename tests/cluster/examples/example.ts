import { request } from "node:http";
import { expect } from "chai";
import type { LiveObject } from "../../../cluster/kubectl.ts";
import { valueAt } from "../../../engine/status/fields.ts";
import { type Cluster, destroyStack, devCluster, local } from "../support/cluster.ts";
import { eventually } from "../support/wait.ts";

/** A response. */
export interface Answer {
  readonly status: number;
  readonly text: string;
}

/** Options of a request. */
export interface Call {
  readonly method?: "GET" | "POST";
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
}

/** One of the example stacks on the cluster of the suites. */
export interface Example {
  readonly cluster: Cluster;
  /** Runs kubectl in the stack's namespace, and returns its output. */
  kubectl(...args: readonly string[]): Promise<string>;
  /** Objects that a `kubectl get` finds in the stack's namespace. */
  get(...args: readonly string[]): Promise<readonly LiveObject[]>;
  /** Sends a request from a pod of the stack, as other pods would. */
  callFrom(deployment: string, url: string, call?: Call): Promise<Answer>;
  /** Sends a request to a port of the node, from this machine. */
  callNode(port: number, path: string, call?: Call): Promise<Answer>;
  /** Sends a request for a host through the gateway, from this machine. */
  callGateway(host: string, path: string, call?: Call): Promise<Answer>;
  /** Waits until a Deployment is rolled out and all old pods are gone. */
  rolledOut(deployment: string): Promise<void>;
  /** The value of a key of a Secret. */
  secret(name: string, key: string): Promise<string>;
  /** Destroys the stack with its data. */
  remove(): Promise<void>;
}

/** Arguments of `up` for an example, with the overrides for a small machine. */
export function filesOf(stack: string): string[] {
  return [`examples/Pulumi.${stack}.yaml`, `examples/Pulumi.${stack}.small.yaml`].flatMap((file) => [
    "--config-file",
    file,
  ]);
}

/** Deploys an example, and expects success. The namespace is named after the stack. */
export async function deployExample(stack: string): Promise<Example> {
  const cluster = await devCluster();
  const namespace = `--namespace=${stack}`;
  // Before `--`, after which the arguments are another program's command.
  const kubectl = (...args: readonly string[]) => cluster.kubectl.run([namespace, ...args]);
  const get = (...args: readonly string[]) => cluster.kubectl.get([...args, namespace]);
  const example: Example = {
    cluster,
    kubectl,
    get,
    callFrom: async (deployment, url, call = {}) => {
      const script =
        "fetch(process.argv[1], JSON.parse(process.argv[2])).then(async (r) => console.log(JSON.stringify({status: r.status, text: await r.text()})))";
      const request = JSON.stringify(requestOf(call));
      return JSON.parse(await kubectl("exec", `deployment/${deployment}`, "--", "node", "-e", script, url, request));
    },
    callNode: async (port, path, call = {}) => {
      const [node] = await cluster.kubectl.get(["nodes", "--selector=type!=kwok"]);
      const addresses = (node && valueAt(node, "status.addresses")) as { type: string; address: string }[];
      const address = addresses.find(({ type }) => type === "InternalIP")?.address;
      const response = await fetch(`http://${address}:${port}${path}`, requestOf(call));
      return { status: response.status, text: await response.text() };
    },
    callGateway: (host, path, call = {}) => callHost(new URL(path, cluster.gatewayUrl), host, call),
    rolledOut: async (deployment) => {
      await kubectl("rollout", "status", `deployment/${deployment}`, "--timeout=240s");
      const [live] = await get("deployment", deployment);
      const labels = Object.entries((live && valueAt(live, "spec.selector.matchLabels")) as Record<string, string>);
      const selector = `--selector=${labels.map(([key, value]) => `${key}=${value}`).join(",")}`;
      await eventually(`end of the old pods of ${deployment}`, async () => {
        const pods = await get("pods", selector);
        return pods.every(({ metadata }) => metadata.deletionTimestamp === undefined) ? true : undefined;
      });
    },
    secret: async (name, key) => {
      const encoded = await kubectl("get", "secret", name, `--output=jsonpath={.data.${key}}`);
      return Buffer.from(encoded, "base64").toString("utf8");
    },
    remove: () => destroyStack(stack),
  };
  const { exitCode, all } = await local("up", "--stack", stack, ...filesOf(stack));
  if (exitCode !== 0) await example.remove();
  expect(exitCode, all).to.equal(0);
  return example;
}

function requestOf({ method, headers, body }: Call) {
  return {
    method: method ?? (body === undefined ? "GET" : "POST"),
    headers: { ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  };
}

/** Sends a request with a different Host header, which `fetch` does not allow. */
function callHost(url: URL, host: string, call: Call): Promise<Answer> {
  const { method, headers, body = "" } = requestOf(call);
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers: { ...headers, host } }, (response) => {
      let text = "";
      response.on("data", (chunk) => (text += chunk));
      response.on("error", reject);
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

/** The ready pods. */
export async function readyPods(example: Example, selector: string): Promise<readonly LiveObject[]> {
  const pods = await example.get("pods", `--selector=${selector}`);
  return pods.filter((pod) => {
    const conditions = (valueAt(pod, "status.conditions") ?? []) as { type: string; status: string }[];
    return conditions.some(({ type, status }) => type === "Ready" && status === "True");
  });
}

/** Waits until a number of pods is ready. */
export async function readyPodsAre(example: Example, selector: string, count: number): Promise<void> {
  await eventually(`${count} ready pods ${selector}`, async () =>
    (await readyPods(example, selector)).length === count ? true : undefined,
  );
}

/** Starts a CronJob's Job by hand, waits for its end, and returns its log. */
export async function runByHand(example: Example, cronJob: string, name: string): Promise<string> {
  await example.kubectl("create", "job", name, `--from=cronjob/${cronJob}`);
  return logOf(example, name);
}

/** The log of a Job after its success. */
export async function logOf(example: Example, job: string): Promise<string> {
  const end = await eventually(`end of Job ${job}`, async () => {
    const [live] = await example.get("job", job);
    const conditions = ((live && valueAt(live, "status.conditions")) ?? []) as { type: string; status: string }[];
    return conditions.find(({ type, status }) => (type === "Complete" || type === "Failed") && status === "True");
  });
  const log = await example.kubectl("logs", "--prefix=false", "--tail=-1", `--selector=job-name=${job}`);
  expect(end.type, log).to.equal("Complete");
  return log;
}
