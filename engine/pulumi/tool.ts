import { without } from "../../cluster/toolchain/patch.ts";
import type { Tool } from "../../cluster/toolchain/tools.ts";

const cli = "v3.276.0";
/** Release that the commit in go.mod is of: the last one whose module can be had. */
const provider = "4.25.0";
const providerModule = "github.com/pulumi/pulumi-kubernetes/provider/v4";
const providerMain = "cmd/pulumi-resource-kubernetes";

/**
 * The Pulumi CLI with its engine, and the kubernetes provider, from one module, so that what they share compiles once.
 *
 * The CLI is of the version of npm's @pulumi/pulumi. The provider's module has no tags, and commits later than this one
 * cannot be had; it is release 4.25.0, and npm's @pulumi/kubernetes is kept at that. It is built with the newer CLI's
 * packages, and without the component resources of the provider itself (yaml/v2, helm/v4 and kustomize/v2), which bring a Go
 * SDK of eight minutes' compiling; everything else is whole.
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
          // Has become a pointer since the packages that the provider names.
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
        // What the provider's own build generates before it compiles.
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
