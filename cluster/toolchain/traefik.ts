import { without } from "./patch.ts";
import type { Tool } from "./tool.ts";

const version = "v3.7.6";
const module = "github.com/traefik/traefik/v3";
const acme = "pkg/provider/acme/provider.go";

/**
 * The gateway, built without two parts that the embedded cluster cannot use and that are more than a third of its packages:
 * the clients of two hundred DNS services for ACME challenges, and the provider for Amazon ECS.
 */
export const traefik = {
  name: "traefik",
  version,
  binaries: [{ package: `${module}/cmd/traefik`, name: "traefik" }],
  linkerFlags: `-X ${module}/pkg/version.Version=${version.slice(1)}`,
  patches: [
    {
      module,
      edits: [
        ...without(acme, `\t"github.com/go-acme/lego/v5/providers/dns"\n`),
        {
          file: acme,
          text: "dns.NewDNSChallengeProviderByName(p.DNSChallenge.Provider)",
          by: `nil, errors.New("this build has no DNS challenge providers")`,
        },
        ...without(
          "pkg/config/static/static_config.go",
          `\t"${module}/pkg/provider/ecs"\n`,
          "\tecs.ProviderName,\n",
          `\tEcs                    *ecs.Provider                  \`description:"Enables AWS ECS provider." json:"ecs,omitempty" toml:"ecs,omitempty" yaml:"ecs,omitempty" label:"allowEmpty" file:"allowEmpty" export:"true"\`\n`,
        ),
        ...without(
          "pkg/provider/aggregator/aggregator.go",
          "\tif conf.Ecs != nil {\n\t\tp.quietAddProvider(conf.Ecs)\n\t}\n",
        ),
      ],
    },
  ],
  files: [
    {
      module,
      version,
      from: "docs/content/reference/dynamic-configuration/kubernetes-crd-definition-v1.yml",
      to: "traefik-crds.yaml",
    },
  ],
  minutes: 3,
} satisfies Tool;
