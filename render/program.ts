import * as pulumi from "@pulumi/pulumi";
import { errorMessage } from "../common/errors.ts";
import { recordObjects } from "./monitor.ts";
import { ProgramInput, type ProgramOutput } from "./program-io.ts";

/**
 * Runs the stack's program against the recording monitor and prints what it registered as JSON. It is a separate process,
 * because Pulumi's runtime allows one monitor and one configuration per process.
 */
async function main(): Promise<void> {
  const input = ProgramInput.parse(JSON.parse(await readAll(process.stdin)));
  const objects = await recordObjects(input.project, input.stack);
  pulumi.runtime.setAllConfig(input.values);
  await import("../index.ts");
  await pulumi.runtime.disconnect();
  const output: ProgramOutput = { objects };
  process.stdout.write(JSON.stringify(output));
}

async function readAll(stream: NodeJS.ReadableStream): Promise<string> {
  let text = "";
  for await (const chunk of stream) text += String(chunk);
  return text;
}

function fail(error: unknown): never {
  process.stderr.write(`${errorMessage(error)}\n`);
  process.exit(1);
}

process.on("unhandledRejection", fail);
await main().catch(fail);
