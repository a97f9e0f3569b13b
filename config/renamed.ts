import type { z } from "zod";
import { withOldNames } from "../apps/registry/old-names.ts";

const warned = new Set<string>();

/**
 * Accepts settings by their old names as well, with a warning for each. Old names are accepted for one release.
 *
 * @param newNames new names by old name
 */
export function renamedSettings<T extends z.ZodType>(schema: T, newNames: Readonly<Record<string, string>>) {
  return withOldNames(schema, newNames, (oldName, newName) => {
    if (warned.has(oldName)) return;
    warned.add(oldName);
    process.emitWarning(`the setting ${oldName} is now ${newName}; the old name will be removed in the next release`);
  });
}
