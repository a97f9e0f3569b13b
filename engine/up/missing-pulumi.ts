import { ensureTools, placeOf } from "../../cluster/toolchain/index.ts";
import { cacheDirectory } from "../../common/paths.ts";
import { downloadPulumi, findPulumi } from "../pulumi/command.ts";
import { pulumi } from "../pulumi/tool.ts";
import { type Background, background } from "./background.ts";

/**
 * Installs a Pulumi CLI in the background of other steps: downloads it, or builds it if that fails.
 *
 * @returns undefined if this machine has one
 */
export async function missingEngine(cache: string = cacheDirectory()): Promise<Background | undefined> {
  if ((await findPulumi(cache)) !== undefined) return undefined;
  const place = placeOf(pulumi, cache);
  return background(`Pulumi ${place.tool.version}`, async (report, signal) => {
    if ((await downloadPulumi(cache, report)) !== undefined) return { result: undefined };
    await ensureTools([place], (_, line) => report(line), { cache, lowPriority: true, signal });
    return { result: undefined };
  });
}
