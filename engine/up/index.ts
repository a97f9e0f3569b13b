import { nodePaths } from "../../cluster/node/layout.ts";
import { acquireLock } from "../../common/file-lock.ts";
import { stateDirectory } from "../../common/paths.ts";
import { upEmbedded } from "./embedded.ts";
import { upExternal } from "./external.ts";
import { checkPrometheus, installPrometheus } from "./monitoring.ts";
import type { UpOptions } from "./options.ts";
import { showResult } from "./result.ts";

/**
 * Starts and deploys everything, from scratch or from any earlier state. @throws UserError for problems that the user
 * can fix
 */
export async function up(options: UpOptions): Promise<void> {
  const release = acquireLock(nodePaths(stateDirectory()).lock);
  try {
    const hint = await checkPrometheus(options);
    const result =
      options.context === undefined ? await upEmbedded(options) : await upExternal(options, options.context);
    await showResult(result.kubectl, result.deployed, result.gatewayUrl);
    if (options.prometheus === true) await installPrometheus(result.kubectl);
    if (hint !== undefined) console.log(hint);
  } finally {
    release();
  }
}
