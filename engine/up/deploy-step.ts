import type { AppImages } from "../../cluster/images/inputs.ts";
import type { Kubectl } from "../../cluster/kubectl.ts";
import { deployDirectory } from "../../common/paths.ts";
import { deployStack } from "../deploy/index.ts";
import type { Deployed } from "../deploy/options.ts";
import type { UpOptions } from "./options.ts";
import { type ResultStep, resultStep } from "./progress.ts";

/**
 * The step that deploys the stack.
 *
 * @param images the apps' images, which an earlier step has determined
 * @param prepareImages provides third-party images to the cluster. @default the cluster pulls them
 */
export function deployStep(
  options: UpOptions,
  kubectl: Kubectl,
  images: () => AppImages,
  prepareImages?: (references: ReadonlySet<string>, report: (line: string) => void) => Promise<void>,
): ResultStep<Deployed> {
  return resultStep(`Stack ${options.stack}`, async (report, log) => {
    const deployed = await deployStack({
      stack: options.stack,
      configFiles: options.configFile,
      takeOver: options.takeOver,
      stateDirectory: deployDirectory(options.context),
      kubectl,
      images: images(),
      prepareImages: prepareImages && ((references) => prepareImages(references, report)),
      report,
      log,
    });
    const { changes } = deployed;
    return { result: deployed, summary: changes.length === 0 ? "no change" : `${changes.length} changed` };
  });
}
