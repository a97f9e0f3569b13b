import { setPriority } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { tools } from "../cluster/toolchain/tools.ts";
import { ensureTool, type ToolName } from "./tools/index.ts";
import { testTools } from "./tools/test-tools.ts";

/** Longer than between two looks of one who waits for the lock, so that a suite gets it before the next tool does. */
const TURN_MS = 1500;

/**
 * Builds what the suites will need while those run that need nothing, one tool after the other: those of the tests first,
 * since their suites come first. Says how long each took, in one line. Ends at the first that cannot be built: the suite that
 * needs it tries again, and says what is wrong.
 */
async function main(): Promise<void> {
  // The suites come first.
  setPriority(10);
  const names = [...Object.keys(testTools), "pulumi", ...Object.keys(tools)] as ToolName[];
  for (const name of new Set(names)) {
    const start = performance.now();
    await ensureTool(name);
    const seconds = Math.round((performance.now() - start) / 1000);
    if (seconds === 0) continue;
    console.log(`built ${name} in ${seconds} s`);
    await sleep(TURN_MS);
  }
}

process.on("disconnect", () => process.exit(1));
// What is listened to would otherwise keep this process up.
process.channel?.unref();
await main().catch((error: unknown) => {
  console.log(`could not build: ${error instanceof Error ? error.message : error}`);
});
