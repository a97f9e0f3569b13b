import { randomInt } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import { recordObjects } from "./monitor.ts";
import { ProgramInput, type ProgramOutput } from "./program-io.ts";

/**
 * Runs the stack's program against the recording monitor and prints what it registered as JSON. A process of its own,
 * since Pulumi's runtime takes one monitor and one configuration a process.
 */
async function main(): Promise<void> {
  const input = ProgramInput.parse(JSON.parse(await readAll(process.stdin)));
  const withheld = input.secrets === "withheld";
  const secrets: Record<string, string> = input.secrets === "withheld" ? {} : { ...input.secrets };
  const objects = await recordObjects(input.project, input.stack, (name, length) => {
    if (withheld) return "";
    secrets[name] ??= randomText(length);
    return secrets[name];
  });
  pulumi.runtime.setAllConfig(input.values);
  await import("../index.ts");
  await pulumi.runtime.disconnect();
  const output: ProgramOutput = { objects, secrets };
  process.stdout.write(JSON.stringify(output));
}

function randomText(length: number): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  return Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join("");
}

async function readAll(stream: NodeJS.ReadableStream): Promise<string> {
  let text = "";
  for await (const chunk of stream) text += String(chunk);
  return text;
}

function fail(error: unknown): never {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}

process.on("unhandledRejection", fail);
await main().catch(fail);
