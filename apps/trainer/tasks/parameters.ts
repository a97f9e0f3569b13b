import { z } from "zod";
import { UserError } from "../errors.ts";
import type { Parameters, Task } from "./task.ts";

/** A whole number from `min` to `max`, also as a string. */
export function wholeNumber(min: number, max: number, byDefault: number) {
  return z.coerce
    .number(`must be a whole number from ${min} to ${max}`)
    .pipe(
      z
        .number()
        .int(`must be a whole number from ${min} to ${max}`)
        .min(min, `must be a whole number from ${min} to ${max}`)
        .max(max, `must be a whole number from ${min} to ${max}`),
    )
    .default(byDefault);
}

/** A number above 0, up to `max`, also as a string. */
export function positiveNumber(max: number, byDefault: number) {
  const range = `must be a number above 0, at most ${max}`;
  return z.coerce.number(range).pipe(z.number().positive(range).max(max, range)).default(byDefault);
}

/** true or false, also as a string. */
export function flag(byDefault: boolean) {
  const range = "must be true or false";
  return z
    .union([z.boolean(), z.enum(["true", "false"]).transform((value) => value === "true")], range)
    .default(byDefault);
}

/** Fills in defaults and checks ranges; throws `UserError` naming the parameter. */
export function parseParameters<P extends Parameters>(task: Task<P>, given: Parameters): P {
  const parsed = task.parameters.safeParse(given);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  if (issue?.code === "unrecognized_keys") {
    const known = knownParameters(task);
    throw new UserError(
      `task ${task.name} has no parameter ${issue.keys[0]}; ${known.length > 0 ? `it has ${known.join(", ")}` : "it has none"}`,
    );
  }
  const name = String(issue?.path[0]);
  throw new UserError(`parameter ${name}=${given[name]} of task ${task.name}: ${issue?.message}`);
}

function knownParameters(task: Pick<Task, "parameters">): string[] {
  return task.parameters instanceof z.ZodObject ? Object.keys(task.parameters.shape) : [];
}
