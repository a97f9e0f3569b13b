import type { Tool } from "../../cluster/toolchain/tool.ts";

const version = "v0.17.0";
const module = "sigs.k8s.io/kueue";

/** Kueue's controller, with its own manifests. */
export const kueue: Tool = {
  name: "kueue",
  version,
  root: import.meta.dirname,
  // Named as in Kueue's image.
  binaries: [{ package: `${module}/cmd/kueue`, name: "manager" }],
  linkerFlags: `-X ${module}/pkg/version.GitVersion=${version}`,
  files: [
    // Kustomize folders: definitions, roles, webhooks, the Deployment and its Services.
    { module, version, from: "config", to: "config" },
  ],
  minutes: 5,
};
