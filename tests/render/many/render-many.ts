import path from "node:path";
import { execa } from "execa";
import { checkedObjects } from "../../../render/render.ts";
import type { RenderedObject } from "../../../render/rendered.ts";

/** The objects of a stack, or why it is rejected. */
export type Rendering = { readonly objects: readonly RenderedObject[] } | { readonly error: string };

/**
 * Renders stacks one after another in one process, which takes a fraction of a process for each. Ends the process when the caller
 * takes no more.
 *
 * @param stacks settings of each stack by key, without the project's prefix
 */
export async function* renderMany(stacks: readonly object[]): AsyncGenerator<Rendering> {
  const program = execa(process.execPath, ["--stack-trace-limit=0", path.join(import.meta.dirname, "programs.ts")], {
    input: stacks.map((settings) => `${JSON.stringify(programInput(settings))}\n`).join(""),
    // Warnings of the program, and errors if it ends early.
    stderr: "pipe",
    buffer: { stdout: false },
  });
  for await (const line of program) yield checked(JSON.parse(line));
}

function programInput(settings: object) {
  const values = Object.entries(settings).map(([key, value]) => [
    `ml-platform:${key}`,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  return { project: "ml-platform", stack: "generated", values: Object.fromEntries(values) };
}

function checked(rendering: Rendering): Rendering {
  if ("error" in rendering) return rendering;
  try {
    return { objects: checkedObjects(rendering.objects) };
  } catch (error) {
    return { error: String(error) };
  }
}
