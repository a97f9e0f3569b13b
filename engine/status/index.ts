import { join } from "node:path";
import { Kubectl } from "../../cluster/kubectl.ts";
import { type NodePaths, nodeAddress, nodePaths } from "../../cluster/node/layout.ts";
import { type NodeRecord, runningNode } from "../../cluster/node/record.ts";
import { toolchainFolders } from "../../cluster/toolchain/index.ts";
import { tools } from "../../cluster/toolchain/tools.ts";
import { stateDirectory } from "../../common/paths.ts";
import { roundedPercent } from "../../components/traffic/weights.ts";
import { type StackStatus, stackStatus } from "./stack-status.ts";

const nothing: StackStatus = { models: [], nodePorts: [], problems: [] };

/** Prints what is running and where, each version's share of the requests, and problems. Read-only. */
export async function status({ json = false }: { readonly json?: boolean }): Promise<void> {
  const paths = nodePaths(stateDirectory());
  const record = await runningNode(paths);
  const kubectl = new Kubectl(join(toolchainFolders().kubernetes, "kubectl"), paths.kubeconfig);
  const stack = record ? await stackStatus(kubectl) : nothing;
  if (json) console.log(JSON.stringify(statusJson(record, paths, stack), undefined, 2));
  else console.log(statusLines(record, paths, stack).join("\n"));
}

const nodePortUrl = (port: number) => `http://${nodeAddress}:${port}`;

const gatewayUrl = (record: NodeRecord) => `http://127.0.0.1:${record.gatewayPort}`;

/** The status as `--json` prints it. `kubeconfig` and `gateway` are null while no node runs. */
export function statusJson(record: NodeRecord | undefined, paths: NodePaths, stack: StackStatus): object {
  const host = stack.models.find((model) => model.host !== undefined)?.host;
  const apiKey = stack.models.find((model) => model.apiKey !== undefined)?.apiKey;
  return {
    kubeconfig: record ? paths.kubeconfig : null,
    gateway:
      record === undefined
        ? null
        : {
            url: gatewayUrl(record),
            ...(host === undefined ? {} : { host }),
            ...(apiKey === undefined ? {} : { apiKey }),
          },
    models: stack.models.map(({ name, namespace, path, host, apiKey, versions }) => ({
      name,
      namespace,
      ...(path === undefined ? {} : { path }),
      ...(host === undefined ? {} : { host }),
      ...(apiKey === undefined ? {} : { apiKey }),
      versions: versions.map(({ version, ready, weight }) => ({ version, ready, weight })),
    })),
    nodePorts: stack.nodePorts.map(({ namespace, service, nodePort }) => ({
      namespace,
      service,
      url: nodePortUrl(nodePort),
    })),
    problems: stack.problems,
  };
}

/** The status as text. */
export function statusLines(record: NodeRecord | undefined, paths: NodePaths, stack: StackStatus): string[] {
  if (!record) return ["No node is running. Start it: npm run up"];
  const versions = [tools.kubernetes, tools.containerd, tools.etcd, tools.coredns, tools.traefik, tools.metricsServer];
  const models = stack.models.flatMap(({ name, namespace, path, host, versions: all }) => [
    `Model ${name} in ${namespace}${path === undefined ? "" : ` at ${host ?? ""}${path}`}`,
    ...all.map(
      ({ version, ready, wanted, weight }) =>
        `  ${version}: ${ready} of ${wanted} pods ready, ${roundedPercent(weight)} % of requests`,
    ),
  ]);
  return [
    `Node        running since ${record.startedAt} (process ${record.supervisor.pid})`,
    `Gateway     ${gatewayUrl(record)}`,
    `Kubeconfig  ${paths.kubeconfig}`,
    `Versions    ${versions.map(({ name, version }) => `${name} ${version}`).join(", ")}`,
    ...stack.nodePorts.map(
      ({ namespace, service, nodePort }) => `NodePort    ${nodePortUrl(nodePort)} (Service ${service} in ${namespace})`,
    ),
    ...(models.length > 0 ? models : ["No model is deployed; npm run up deploys the dev stack."]),
    ...(stack.problems.length > 0 ? ["Problems"] : []),
    ...stack.problems.flatMap(({ object, namespace, what, remedy }) => [
      `  ${object} in ${namespace}: ${what}`,
      `    → ${remedy}`,
    ]),
  ];
}
