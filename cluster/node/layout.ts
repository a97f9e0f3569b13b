import { join } from "node:path";

/** Name of the one node in the cluster, and its host name. */
export const nodeName = "ml-node";
/** Addresses of the two ends of the veth pair; the node's is also that of its API server and of NodePorts. */
export const hostAddress = "10.200.0.1";
export const nodeAddress = "10.200.0.2";
/** Interface names of the two ends, and the name of the node's folder in each cgroup hierarchy. */
export const hostInterface = "ml-host0";
export const nodeInterface = "ml-node0";
export const cgroupName = "ml-platform";
/** Port of the API server on the node, and the NodePort of the gateway. The supervisor forwards ports of the host to both. */
export const apiPort = 6443;
export const gatewayNodePort = 32080;
/** Default port of the gateway on 127.0.0.1. */
export const defaultGatewayPort = 8080;

/** Every path of one embedded cluster, derived from its state folder. `cluster` is mounted at /run/node inside the node. */
export interface NodePaths {
  readonly state: string;
  readonly kubeconfig: string;
  readonly cluster: string;
  readonly pki: string;
  readonly config: string;
  readonly logs: string;
  readonly record: string;
  /** The record as releases up to 0.1 named it. */
  readonly formerRecord: string;
  readonly supervisorLog: string;
  readonly lock: string;
}

/** The paths in the state folder `state`. */
export function nodePaths(state: string): NodePaths {
  const cluster = join(state, "cluster");
  return {
    state,
    kubeconfig: join(state, "kubeconfig"),
    cluster,
    pki: join(cluster, "pki"),
    config: join(cluster, "config"),
    logs: join(cluster, "logs"),
    record: join(state, "supervisor.json"),
    formerRecord: join(state, "keeper.json"),
    supervisorLog: join(state, "supervisor.log"),
    lock: join(state, "lock"),
  };
}
