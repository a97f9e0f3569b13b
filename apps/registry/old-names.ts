import { z } from "zod";

/**
 * Accepts the old names of an object's fields.
 *
 * @param newNames new names by old name
 * @param onOldName called for each old name that is found
 */
export function withOldNames<T extends z.ZodType>(
  schema: T,
  newNames: Readonly<Record<string, string>>,
  onOldName: (oldName: string, newName: string) => void = () => undefined,
) {
  return z.preprocess((value) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, field]) => {
        const newName = Object.hasOwn(newNames, name) ? newNames[name] : undefined;
        if (newName === undefined || Object.hasOwn(value, newName)) return [name, field];
        onOldName(name, newName);
        return [newName, field];
      }),
    );
  }, schema);
}
