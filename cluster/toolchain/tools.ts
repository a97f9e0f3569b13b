import type { ModuleFiles, Tool } from "./tool.ts";
import { traefik } from "./traefik.ts";

export const versions = {
  kubernetes: "v1.36.3",
  etcd: "v3.7.3",
  containerd: "v2.4.2",
  coredns: "v1.15.0",
  metricsServer: "v0.9.0",
  gatewayApi: "v1.7.0",
  prometheusOperator: "v0.85.0",
} as const;

const kubernetesVersion = "k8s.io/component-base/version";
const containerd = "github.com/containerd/containerd/v2";

export const command = (path: string) => ({ package: path, name: path.split("/").at(-1) ?? path });

/** The definition of one of the Prometheus operator's kinds. */
export const prometheusCrds = (kind: string): ModuleFiles => ({
  module: "github.com/prometheus-operator/prometheus-operator",
  version: versions.prometheusOperator,
  sum: "h1:M5xLCLEoaW2IJfnuCwFzzpL+jSVQu3KGT84Pye+fW8s=",
  from: `example/prometheus-operator-crd/monitoring.coreos.com_${kind}.yaml`,
  to: `crds/${kind}.yaml`,
});

/**
 * One Go module for everything that uses Kubernetes' own packages, so that these compile once. Each dependency has the
 * newest version that any of the programs requires, so Kubernetes is linked with some dependencies that are newer than in
 * its release.
 */
const kubernetesModule = "modules/kubernetes";

/**
 * Every tool of the embedded cluster, in build order. etcd is first: its build is short and compiles the packages of Go's
 * standard library that all the others need.
 */
export const tools = {
  etcd: {
    name: "etcd",
    version: versions.etcd,
    binaries: [{ package: "go.etcd.io/etcd/server/v3", name: "etcd" }],
    minutes: 0.5,
  },
  kubernetes: {
    name: "kubernetes",
    version: versions.kubernetes,
    binaries: ["kube-apiserver", "kube-controller-manager", "kube-proxy", "kube-scheduler", "kubectl", "kubelet"].map(
      (name) => command(`k8s.io/kubernetes/cmd/${name}`),
    ),
    linkerFlags: `-X ${kubernetesVersion}.gitVersion=${versions.kubernetes} -X ${kubernetesVersion}.gitMajor=1 -X ${kubernetesVersion}.gitMinor=36 -X ${kubernetesVersion}.gitTreeState=clean`,
    minutes: 6,
  },
  /** The pause process of pod sandboxes, and the provisioner of volumes. */
  helpers: {
    name: "helpers",
    version: "v1",
    folder: kubernetesModule,
    binaries: [command("./cmd/pause"), command("./cmd/provisioner")],
    minutes: 0.1,
  },
  coredns: {
    name: "coredns",
    version: versions.coredns,
    folder: kubernetesModule,
    binaries: [command("./cmd/coredns")],
    minutes: 0.2,
  },
  metricsServer: {
    name: "metrics-server",
    version: versions.metricsServer,
    folder: kubernetesModule,
    binaries: [command("sigs.k8s.io/metrics-server/cmd/metrics-server")],
    files: [
      {
        module: "sigs.k8s.io/metrics-server",
        version: versions.metricsServer,
        from: "manifests/base",
        to: "manifests",
      },
    ],
    minutes: 0.1,
  },
  containerd: {
    name: "containerd",
    version: versions.containerd,
    binaries: ["containerd", "containerd-shim-runc-v2", "ctr"].map((name) => command(`${containerd}/cmd/${name}`)),
    tags: "no_btrfs no_devmapper no_zfs no_aufs",
    linkerFlags: `-X ${containerd}/version.Version=${versions.containerd}`,
    minutes: 1,
  },
  traefik,
  gatewayApi: {
    name: "gateway-api",
    version: versions.gatewayApi,
    binaries: [],
    files: [
      {
        module: "sigs.k8s.io/gateway-api",
        version: versions.gatewayApi,
        sum: "h1:duVnm7nO6oXfMMUWfcDoBph47CYR/ME3NGxccOVglaY=",
        from: "config/crd/standard",
        to: "crds",
      },
    ],
    minutes: 0,
  },
  prometheusOperator: {
    name: "prometheus-operator",
    version: versions.prometheusOperator,
    binaries: [],
    files: [prometheusCrds("servicemonitors"), prometheusCrds("prometheusrules")],
    minutes: 0,
  },
} satisfies Record<string, Tool>;
