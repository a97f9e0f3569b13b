import { ensureTools, placeOf } from "../../cluster/toolchain/index.ts";
import { cacheDirectory } from "../../common/paths.ts";
import { downloadPulumi, findPulumi } from "../pulumi/command.ts";
import { pulumi } from "../pulumi/tool.ts";
import { type Background, background } from "./background.ts";

/**
 * The work that gets this machine a Pulumi CLI beside other steps: a download, or a build where none can be had.
 *
 * @returns undefined where there is one
 */
export async function missingEngine(cache: string = cacheDirectory()): Promise<Background | undefined> {
  if ((await findPulumi(cache)) !== undefined) return undefined;
  const place = placeOf(pulumi, cache);
  return background(`Pulumi ${place.tool.version}`, async (report, signal) => {
    if ((await downloadPulumi(cache, report)) !== undefined) return;
    await ensureTools([place], (_, line) => report(line), { cache, behind: true, signal });
  });
}
