import { without } from "../../cluster/toolchain/patch.ts";
import type { Tool } from "../../cluster/toolchain/tool.ts";

const cli = "v3.276.0";
/** Release of the commit in go.mod: the last one whose module is published. */
const provider = "4.25.0";
const providerModule = "github.com/pulumi/pulumi-kubernetes/provider/v4";
const providerMain = "cmd/pulumi-resource-kubernetes";

/**
 * The Pulumi CLI with its engine, and the kubernetes provider, from one module, so that shared packages compile once.
 *
 * The CLI has the version of npm's @pulumi/pulumi. The provider's module has no tags, and later commits are not available
 * from the module proxy: it is release 4.25.0, and npm's @pulumi/kubernetes stays at the same release. It is built with the
 * newer CLI's packages, and without its own component resources (yaml/v2, helm/v4 and kustomize/v2), whose Go SDK takes eight
 * minutes to compile. Everything else is unchanged.
 */
export const pulumi = {
  name: "pulumi",
  version: cli,
  root: import.meta.dirname,
  folder: "../../engine/go",
  binaries: [
    { package: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi", name: "pulumi" },
    { package: `${providerModule}/${providerMain}`, name: "pulumi-resource-kubernetes" },
  ],
  linkerFlags: `-X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=${cli} -X ${providerModule}/pkg/version.Version=${provider}`,
  patches: [
    {
      module: providerModule,
      edits: [
        {
          // This field is a pointer in the CLI's version of these packages.
          file: "pkg/gen/schema.go",
          text: "Provider: pschema.ResourceSpec{",
          by: "Provider: &pschema.ResourceSpec{",
        },
        ...without(
          "pkg/provider/provider_construct.go",
          `\tproviderhelmv4 "${providerModule}/pkg/provider/helm/v4"\n`,
          `\tproviderkustomizev2 "${providerModule}/pkg/provider/kustomize/v2"\n`,
          `\tprovideryamlv2 "${providerModule}/pkg/provider/yaml/v2"\n`,
          `\t"kubernetes:yaml/v2:ConfigFile":     provideryamlv2.NewConfigFileProvider,\n`,
          `\t"kubernetes:yaml/v2:ConfigGroup":    provideryamlv2.NewConfigGroupProvider,\n`,
          `\t"kubernetes:helm.sh/v4:Chart":       providerhelmv4.NewChartProvider,\n`,
          `\t"kubernetes:kustomize/v2:Directory": providerkustomizev2.NewDirectoryProvider,\n`,
        ),
        // Files that the provider's own build generates before it compiles.
        {
          file: `${providerMain}/schema.json`,
          text: `{\n    "name": "kubernetes",\n    "displayName": "Kubernetes",\n`,
          by: `{\n    "name": "kubernetes",\n    "version": "${provider}",\n    "displayName": "Kubernetes",\n`,
          to: `${providerMain}/schema-embed.json`,
        },
        {
          file: `${providerMain}/terraform-mapping.json`,
          text: `    "name": "kubernetes",\n    "provider": {},\n`,
          by: `    "name": "kubernetes",\n    "provider": {},\n`,
          to: `${providerMain}/terraform-mapping-embed.json`,
        },
      ],
    },
  ],
  minutes: 6,
} satisfies Tool;
