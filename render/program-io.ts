import { z } from "zod";
import type { RenderedObject } from "./rendered.ts";

/** What the process that runs a program is told on standard input. */
export const ProgramInput = z.object({
  project: z.string(),
  stack: z.string(),
  /** Configuration values by `<namespace>:<key>`. */
  values: z.record(z.string(), z.string()),
});
export type ProgramInput = z.infer<typeof ProgramInput>;

/** What it answers on standard output. */
export interface ProgramOutput {
  readonly objects: readonly RenderedObject[];
}
