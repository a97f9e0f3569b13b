import { join } from "node:path";
import { stackStatus } from "./deploy/index.ts";
import type { StackStatus } from "./deploy/status.ts";
import { appImages } from "./images/index.ts";
import { type NodePaths, nodePaths } from "./node/layout.ts";
import { type KeeperRecord, runningKeeper } from "./node/record.ts";
import { stateDirectory } from "./paths.ts";
import { toolchainFolders } from "./toolchain/index.ts";
import { tools } from "./toolchain/tools.ts";

/** Options of `status`. */
export interface StatusOptions {
  readonly json?: boolean;
  readonly stack: string;
  readonly configFile?: string;
}

const nothing: StackStatus = { models: [], problems: [], apiKey: undefined };

/** Prints what runs, where, which version gets which share, and what is wrong. Changes nothing. */
export async function status(options: StatusOptions): Promise<void> {
  const paths = nodePaths(stateDirectory());
  const record = await runningKeeper(paths.keeperRecord);
  const stack = record ? await readStack(options, paths, record) : nothing;
  if (options.json) console.log(JSON.stringify(statusJson(record, paths, stack), undefined, 2));
  else console.log(statusLines(record, paths, stack).join("\n"));
}

const gatewayUrl = (record: KeeperRecord) => `http://127.0.0.1:${record.gatewayPort}`;

function readStack(options: StatusOptions, paths: NodePaths, record: KeeperRecord): Promise<StackStatus> {
  return stackStatus({
    stack: options.stack,
    ...(options.configFile === undefined ? {} : { configFile: options.configFile }),
    kubeconfig: paths.kubeconfig,
    kubectl: join(toolchainFolders().kubernetes, "kubectl"),
    stateDirectory: paths.state,
    images: appImages(),
    gatewayUrl: gatewayUrl(record),
    report: () => undefined,
  });
}

/** The status as `--json` prints it. `kubeconfig` and `gateway` are null while no node runs. */
export function statusJson(record: KeeperRecord | undefined, paths: NodePaths, stack: StackStatus): object {
  const host = stack.models.find((model) => model.host !== undefined)?.host;
  return {
    kubeconfig: record ? paths.kubeconfig : null,
    gateway:
      record === undefined
        ? null
        : {
            url: gatewayUrl(record),
            ...(host === undefined ? {} : { host }),
            ...(stack.apiKey === undefined ? {} : { apiKey: stack.apiKey }),
          },
    models: stack.models.map(({ name, path, versions }) => ({
      name,
      ...(path === undefined ? {} : { path }),
      versions: versions.map(({ version, ready, weight }) => ({ version, ready, weight })),
    })),
    problems: stack.problems,
  };
}

/** The status for a person. */
export function statusLines(record: KeeperRecord | undefined, paths: NodePaths, stack: StackStatus): string[] {
  if (!record) return ["No node is running. Start it: npm run up"];
  const versions = [tools.kubernetes, tools.containerd, tools.etcd, tools.coredns, tools.traefik, tools.metricsServer];
  const models = stack.models.flatMap(({ name, path, versions: all }) => [
    `Model ${name}${path === undefined ? "" : ` at ${path}`}`,
    ...all.map(
      ({ version, ready, wanted, weight }) => `  ${version}: ${ready} of ${wanted} pods ready, ${weight} % of requests`,
    ),
  ]);
  return [
    `Node        running since ${record.startedAt} (process ${record.keeper.pid})`,
    `Gateway     ${gatewayUrl(record)}`,
    `Kubeconfig  ${paths.kubeconfig}`,
    `Versions    ${versions.map(({ name, version }) => `${name} ${version}`).join(", ")}`,
    ...(models.length > 0 ? models : ["No model is deployed."]),
    ...stack.problems.map(({ object, what, remedy }) => `! ${object}: ${what}. ${remedy}`),
  ];
}
