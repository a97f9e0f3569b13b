import type { Tool } from "../../cluster/toolchain/tool.ts";
import { command, prometheusCrds, versions } from "../../cluster/toolchain/tools.ts";
import { traefik } from "../../cluster/toolchain/traefik.ts";
import { keda } from "./keda.ts";
import { kueue } from "./kueue.ts";

const kwok = "v0.8.0";
/** The test tools' Go modules are in the subfolder `modules/`. */
const root = import.meta.dirname;

/** Tools of suites that run only if the variable of the tool's name is set, such as `KEDA=1`; built on first use. */
export const requestedTools = { keda, kueue } satisfies Record<string, Tool>;

/** Tools that only tests and benchmarks use; built on first use. */
export const testTools = {
  /** An OCI registry. */
  distribution: {
    name: "distribution",
    version: "v3.1.2",
    root,
    binaries: [command("./cmd/registry")],
    minutes: 1,
  },
  /** An S3 server that keeps its objects in memory. It takes every signature. */
  gofakes3: {
    name: "gofakes3",
    version: "v1.2.0",
    root,
    binaries: [command("github.com/johannesboyne/gofakes3/cmd/gofakes3")],
    minutes: 0.5,
  },
  /** Checks manifests against schemas. */
  kubeconform: {
    name: "kubeconform",
    version: "v0.8.0",
    root,
    binaries: [command("github.com/yannh/kubeconform/cmd/kubeconform")],
    minutes: 0.5,
  },
  /** Reviews manifests. */
  kubeScore: {
    name: "kube-score",
    version: "v1.20.0",
    root,
    binaries: [command("github.com/zegl/kube-score/cmd/kube-score")],
    minutes: 0.5,
  },
  /** Simulates nodes and their pods. */
  kwok: {
    name: "kwok",
    version: kwok,
    root,
    binaries: [command("sigs.k8s.io/kwok/cmd/kwok")],
    files: ["node/fast", "node/heartbeat-with-lease", "pod/fast"].map((stage) => ({
      module: "sigs.k8s.io/kwok",
      version: kwok,
      from: `kustomize/stage/${stage}`,
      to: `stages/${stage}`,
    })),
    minutes: 2,
  },
  /** Schemas of objects: the kinds of Kubernetes (swagger.json) and the custom kinds of a stack (crds). */
  schemas: {
    name: "schemas",
    version: versions.kubernetes,
    root,
    binaries: [],
    files: [
      {
        module: "k8s.io/kubernetes",
        version: versions.kubernetes,
        sum: "h1:qDQdoMiluAE2Eab6Fa52YV+WjiGz9mZFFoagEA6cI+o=",
        from: "api/openapi-spec/swagger.json",
        to: "swagger.json",
      },
      {
        module: "sigs.k8s.io/gateway-api",
        version: versions.gatewayApi,
        sum: "h1:duVnm7nO6oXfMMUWfcDoBph47CYR/ME3NGxccOVglaY=",
        from: "config/crd/standard",
        to: "crds/gateway-api",
      },
      {
        module: "github.com/traefik/traefik/v3",
        version: traefik.version,
        sum: "h1:gV5jILPOCVkuNjXy5+d1HzMG8mpLnDDW82yYdcaV7KI=",
        from: "docs/content/reference/dynamic-configuration/kubernetes-crd-definition-v1.yml",
        to: "crds/traefik.yaml",
      },
      {
        module: "github.com/envoyproxy/gateway",
        version: "v1.9.1",
        sum: "h1:vAVp6/AlBXJ1aOhp1mxL7fNEzVEfjADUguUhm2wzxQY=",
        from: "charts/gateway-crds-helm/templates/generated/gateway.envoyproxy.io_backendtrafficpolicies.yaml",
        to: "crds/envoy-gateway.yaml",
      },
      prometheusCrds("servicemonitors"),
      prometheusCrds("prometheusrules"),
      {
        module: "sigs.k8s.io/node-feature-discovery",
        version: "v0.18.3",
        sum: "h1:q5/qpyxrasI/F6838lflFNGAUszpMNRuFwornPLYdxQ=",
        from: "deployment/base/nfd-crds/nfd-api-crds.yaml",
        to: "crds/node-feature-discovery.yaml",
      },
      {
        module: "github.com/kedacore/keda/v2",
        version: keda.version,
        sum: "h1:R6z2HZvstK4RLUMxroNACzBj74xGxt3kG59b5Xc+Xps=",
        from: "config/crd/bases",
        to: "crds/keda",
      },
      {
        module: "github.com/kedacore/keda/v2",
        version: keda.version,
        sum: "h1:R6z2HZvstK4RLUMxroNACzBj74xGxt3kG59b5Xc+Xps=",
        from: "schema/generated/scalers-schema.json",
        to: "keda-triggers.json",
      },
    ],
    minutes: 0,
  },
} satisfies Record<string, Tool>;
