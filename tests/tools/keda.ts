import type { Tool } from "../../cluster/toolchain/tool.ts";

const version = "v2.21.0";
const module = "github.com/kedacore/keda/v2";
const builder = "pkg/scaling/scalers_builder.go";

/** The triggers that tests use, in the form of KEDA's own list. */
const TRIGGERS = `\tcase "cpu":
\t\treturn scalers.NewCPUMemoryScaler(corev1.ResourceCPU, config)
\tcase "cron":
\t\treturn scalers.NewCronScaler(config)
\tcase "memory":
\t\treturn scalers.NewCPUMemoryScaler(corev1.ResourceMemory, config)
\tcase "metrics-api":
\t\treturn scalers.NewMetricsAPIScaler(config, client)
\tcase "prometheus":
\t\treturn scalers.NewPrometheusScaler(config)
`;

/**
 * KEDA's operator and the server of its metrics, without the triggers of seventy message queues, databases and clouds: their
 * clients are half of its packages.
 */
export const keda: Tool = {
  name: "keda",
  version,
  root: import.meta.dirname,
  // Named as in KEDA's images: the operator's name is also that of the owner of what it writes.
  binaries: [
    { package: `${module}/cmd/operator`, name: "keda" },
    { package: `${module}/cmd/adapter`, name: "keda-adapter" },
  ],
  linkerFlags: `-X ${module}/version.Version=${version.slice(1)}`,
  patches: [
    {
      module,
      keep: {
        "pkg/scalers": [
          "cpu_memory_scaler.go",
          "cron_scaler.go",
          // The types of triggers that push.
          "external_scaler.go",
          "metrics_api_scaler.go",
          "prometheus_scaler.go",
          "scaler.go",
        ],
      },
      edits: [
        {
          file: builder,
          text: `\tswitch triggerType {\n\tcase "activemq":`,
          by: `\tswitch triggerType {\n${TRIGGERS}\tdefault:\n\t\treturn nil, fmt.Errorf("no scaler found for type: %s", triggerType)\n\t}\n}\n\n/*\n\tcase "activemq":`,
        },
        { file: builder, text: "\t// TRIGGERS-END\n}", by: "*/" },
        // A constant of one of the files that go.
        {
          file: "pkg/scalers/scaler.go",
          text: "func init() {",
          by: 'const externalMetricType = "External"\n\nfunc init() {',
        },
      ],
    },
  ],
  files: [
    // Kustomize folders: definitions, roles, Deployments and Services.
    { module, version, from: "config", to: "config" },
  ],
  minutes: 4,
};
