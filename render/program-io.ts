import { z } from "zod";
import type { RenderedObject } from "./rendered.ts";

/** What the process that runs a program is told on standard input. */
export const ProgramInput = z.object({
  project: z.string(),
  stack: z.string(),
  /** Configuration values by `<namespace>:<key>`. */
  values: z.record(z.string(), z.string()),
  /** Values of generated secrets by name, to which missing ones are added; or leave them all empty. */
  secrets: z.union([z.literal("withheld"), z.record(z.string(), z.string())]),
});
export type ProgramInput = z.infer<typeof ProgramInput>;

/** What it answers on standard output. */
export interface ProgramOutput {
  readonly objects: readonly RenderedObject[];
  readonly secrets: Readonly<Record<string, string>>;
}
