import { z } from "zod";

/**
 * Accepts the old names of an object's fields.
 *
 * @param newNames new names by old name
 */
export function withOldNames<T extends z.ZodType>(schema: T, newNames: Readonly<Record<string, string>>) {
  return z.preprocess((value) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, field]) => {
        const newName = Object.hasOwn(newNames, name) ? newNames[name] : undefined;
        return [newName === undefined || Object.hasOwn(value, newName) ? name : newName, field];
      }),
    );
  }, schema);
}
