import { join } from "node:path";

/** Name of the one node, in the cluster and as its host name inside. */
export const nodeName = "ml-node";
/** The two ends of the veth pair; the node's end is also the address of its API server and of NodePorts. */
export const hostAddress = "10.200.0.1";
export const nodeAddress = "10.200.0.2";
/** Interface names of those ends, and the folder name of everything the node puts under /sys/fs/cgroup. */
export const hostInterface = "ml-host0";
export const nodeInterface = "ml-node0";
export const cgroupName = "ml-platform";
/** Port of the API server on the node, and the NodePort of the gateway in front of which the keeper listens. */
export const apiPort = 6443;
export const gatewayNodePort = 32080;
/** Port on 127.0.0.1 for the gateway where none is asked for. */
export const defaultGatewayPort = 8080;

/** Every path of one embedded cluster, derived from its state folder. `cluster` is what is mounted at /run/node inside. */
export interface NodePaths {
  readonly state: string;
  readonly kubeconfig: string;
  readonly cluster: string;
  readonly pki: string;
  readonly config: string;
  readonly logs: string;
  readonly keeperRecord: string;
  readonly keeperLog: string;
  readonly lock: string;
}

/** Lays out the state folder `state`. */
export function nodePaths(state: string): NodePaths {
  const cluster = join(state, "cluster");
  return {
    state,
    kubeconfig: join(state, "kubeconfig"),
    cluster,
    pki: join(cluster, "pki"),
    config: join(cluster, "config"),
    logs: join(cluster, "logs"),
    keeperRecord: join(state, "keeper.json"),
    keeperLog: join(state, "keeper.log"),
    lock: join(state, "lock"),
  };
}
