import { setPriority } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { tools } from "../cluster/toolchain/tools.ts";
import { errorMessage } from "../common/errors.ts";
import { ensureTool, type ToolName } from "./tools/index.ts";
import { requestedTools, testTools } from "./tools/test-tools.ts";

/** Pause in milliseconds between two tools, so that a suite waiting for the build lock can take it. */
const PAUSE = 500;

/**
 * Builds the tools of later suites while the first suites run, one tool after another; test tools first, because their suites run
 * first. Prints one line per tool with its build time. Stops at the first tool that cannot be built: the suite that needs it
 * tries again and reports the error.
 */
async function main(): Promise<void> {
  // Give the suites priority.
  setPriority(10);
  const requested = Object.keys(requestedTools).filter((name) => process.env[name.toUpperCase()]);
  const names = [...Object.keys(testTools), ...requested, "pulumi", ...Object.keys(tools)] as ToolName[];
  for (const name of new Set(names)) {
    const start = performance.now();
    await ensureTool(name);
    const seconds = Math.round((performance.now() - start) / 1000);
    if (seconds === 0) continue;
    console.log(`built ${name} in ${seconds} s`);
    await sleep(PAUSE);
  }
}

process.on("disconnect", () => process.exit(1));
// An open channel would keep this process alive.
process.channel?.unref();
await main().catch((error: unknown) => {
  console.log(`could not build: ${errorMessage(error)}`);
});
