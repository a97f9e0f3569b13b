import { join } from "node:path";
import { Kubectl } from "../../cluster/kubectl.ts";
import { ensureTool, toolchainFolders } from "../../cluster/toolchain/index.ts";
import { tools } from "../../cluster/toolchain/tools.ts";
import { findOnPath } from "../../common/search-path.ts";
import { gatewayAddress } from "../status/stack-status.ts";
import { deployStep } from "./deploy-step.ts";
import { externalImages } from "./external-images.ts";
import { missingEngine } from "./missing-pulumi.ts";
import { usesOneImage } from "./one-image.ts";
import type { UpOptions, UpResult } from "./options.ts";
import { resultStep, runSteps } from "./progress.ts";

/** Deploys onto the user's own cluster, through a kubectl context. */
export async function upExternal(options: UpOptions, context: string): Promise<UpResult> {
  const kubeconfig = process.env.KUBECONFIG || join(process.env.HOME ?? "", ".kube", "config");
  const own = await findOnPath("kubectl");
  const kubectl = new Kubectl(own ?? join(toolchainFolders().kubernetes, "kubectl"), kubeconfig, context);
  const tool = resultStep("kubectl", async (report) => ({ result: await ensureTool(tools.kubernetes, report) }));
  const images = resultStep(`Images of the apps for ${context}`, async (report) => {
    const combined = await usesOneImage(options.stack, options.configFile);
    const registry = options.registry ? { registry: options.registry } : {};
    return { result: await externalImages({ context, combined, ...registry, report }) };
  });
  const deployed = deployStep(options, kubectl, images.result);
  const engine = await missingEngine();
  engine?.start();
  try {
    await runSteps([...(own === undefined ? [tool] : []), images, ...(engine ? [engine.step] : []), deployed]);
  } finally {
    engine?.cancel();
  }
  return { kubectl, deployed: deployed.result(), gatewayUrl: await gatewayAddress(kubectl) };
}
