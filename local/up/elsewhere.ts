import { join } from "node:path";
import { gatewayAddress } from "../deploy/status.ts";
import { externalImages } from "../images/external.ts";
import { usesOneImage } from "../images/one-image.ts";
import { Kubectl } from "../kubectl.ts";
import { resultStep, runSteps } from "../progress.ts";
import { findOnPath } from "../search-path.ts";
import { ensureTool, toolchainFolders } from "../toolchain/index.ts";
import { deployStep } from "./deploy-step.ts";
import { missingEngine } from "./engine.ts";
import type { UpOptions, UpResult } from "./options.ts";

/** Deploys onto a cluster the person has: its kubectl context, its way to get images. */
export async function upElsewhere(options: UpOptions, context: string): Promise<UpResult> {
  const kubeconfig = process.env.KUBECONFIG || join(process.env.HOME ?? "", ".kube", "config");
  const own = await findOnPath("kubectl");
  const kubectl = new Kubectl(own ?? join(toolchainFolders().kubernetes, "kubectl"), kubeconfig, context);
  const tool = resultStep("kubectl", async (report) => ({ result: await ensureTool("kubernetes", report) }));
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
