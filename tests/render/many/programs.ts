import { createInterface } from "node:readline";
import * as pulumi from "@pulumi/pulumi";
import { errorMessage } from "../../../common/errors.ts";
import { recordObjects } from "../../../render/monitor.ts";
import { ProgramInput } from "../../../render/program-io.ts";

/**
 * Runs the program for one stack after another in one process, and prints one line for each: its objects or its error. Only the
 * program itself is loaded anew; loading what it imports takes far longer than running it.
 */
let failure: unknown;
process.on("unhandledRejection", (error) => {
  failure = error;
});

let count = 0;
for await (const line of createInterface({ input: process.stdin })) {
  const input = ProgramInput.parse(JSON.parse(line));
  failure = undefined;
  try {
    const objects = await recordObjects(input.project, input.stack);
    pulumi.runtime.setAllConfig(input.values);
    await import(`../../../index.ts?${count++}`);
    await pulumi.runtime.disconnect();
    if (failure !== undefined) throw failure;
    process.stdout.write(`${JSON.stringify({ objects })}\n`);
  } catch (error) {
    process.stdout.write(`${JSON.stringify({ error: errorMessage(error) })}\n`);
  }
}
