import { z } from "zod";
import type { RenderedObject } from "./rendered.ts";

/** Standard input of the process that runs a program. */
export const ProgramInput = z.object({
  project: z.string(),
  stack: z.string(),
  /** Configuration values by `<namespace>:<key>`. */
  values: z.record(z.string(), z.string()),
});
export type ProgramInput = z.infer<typeof ProgramInput>;

/** Standard output of the process that runs a program. */
export interface ProgramOutput {
  readonly objects: readonly RenderedObject[];
}
