import { z } from "zod";
import { UserError } from "../../registry/index.ts";
import type { ReadOptions } from "../input/table/options.ts";
import type { Parameters, Task } from "./task.ts";

/** A whole number from `min` to `max`; may be given as a string. */
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

/** A number above 0, up to `max`; may be given as a string. */
export function positiveNumber(max: number, byDefault: number) {
  const range = `must be a number above 0, at most ${max}`;
  return z.coerce.number(range).pipe(z.number().positive(range).max(max, range)).default(byDefault);
}

/** true or false; may be given as a string. */
export function flag(byDefault: boolean) {
  const range = "must be true or false";
  return z
    .union([z.boolean(), z.enum(["true", "false"]).transform((value) => value === "true")], range)
    .default(byDefault);
}

/** Any text. */
export function text(byDefault: string) {
  return z.coerce.string().trim().default(byDefault);
}

/** Names separated by commas; none by default. */
export function nameList() {
  return text("").transform((names) =>
    names
      .split(",")
      .map((name) => name.trim())
      .filter(Boolean)
      .join(","),
  );
}

/** The names of a {@link nameList}. */
export function namesOf(list: string): string[] {
  return list.split(",").filter(Boolean);
}

const SEPARATORS = { comma: ",", semicolon: ";", tab: "\t", bar: "|" } as const;

/** How the data file is read; everything is found out from the file by default. */
export const dataParameters = {
  /** Encoding of the file, such as windows-1251. */
  encoding: text("auto"),
  /** What is between the fields of a CSV file. */
  separator: z
    .enum(["auto", "comma", "semicolon", "tab", "bar"], "must be auto, comma, semicolon, tab or bar")
    .default("auto"),
  /** Decimal separator of the numbers. */
  decimal: z.enum(["auto", ".", ","], "must be auto, . or ,").default("auto"),
  /** Words for a missing value besides NA, NaN, null, ? and their like, separated by commas. */
  missing: nameList(),
};

/** The options for reading a data file. */
export function readOptions({
  encoding,
  separator,
  decimal,
  missing,
}: {
  readonly encoding: string;
  readonly separator: "auto" | keyof typeof SEPARATORS;
  readonly decimal: "auto" | "." | ",";
  readonly missing: string;
}): ReadOptions {
  return {
    encoding: encoding === "auto" ? undefined : encoding,
    separator: separator === "auto" ? undefined : SEPARATORS[separator],
    decimal: decimal === "auto" ? undefined : decimal,
    missing: namesOf(missing),
  };
}

/** The given hyper-parameters by name, and the environment, where the others are looked up. */
export type GivenParameters = readonly [given: Parameters, environment: Readonly<Record<string, string | undefined>>];

/**
 * Fills in defaults and checks ranges. Names may be in camel case, as in configuration files. An empty environment variable
 * counts as unset.
 *
 * @throws UserError naming the parameter
 */
export function parseParameters<P extends Parameters>(task: Task<P>, ...[given, environment]: GivenParameters): P {
  const named = Object.fromEntries(Object.entries(given).map(([name, value]) => [snakeCase(name), value]));
  const fromEnvironment = Object.fromEntries(
    knownParameters(task).flatMap((name) => {
      const value = environment[name.toUpperCase()];
      return value && named[name] === undefined ? [[name, value]] : [];
    }),
  );
  const parsed = task.parameters.safeParse({ ...fromEnvironment, ...named });
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  if (issue?.code === "unrecognized_keys") {
    const known = knownParameters(task);
    throw new UserError(
      `task ${task.name} has no parameter ${issue.keys[0]}; ${known.length > 0 ? `it has ${known.join(", ")}` : "it has none"}`,
    );
  }
  const name = String(issue?.path[0]);
  const shown =
    name in fromEnvironment
      ? `environment variable ${name.toUpperCase()}=${fromEnvironment[name]}, parameter ${name}`
      : `parameter ${name}=${named[name]}`;
  throw new UserError(`${shown} of task ${task.name}: ${issue?.message}`);
}

function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function knownParameters(task: Pick<Task, "parameters">): string[] {
  return task.parameters instanceof z.ZodObject ? Object.keys(task.parameters.shape) : [];
}
