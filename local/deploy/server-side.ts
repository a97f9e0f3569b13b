/** Owner of the fields that the program sets. */
export const FIELD_MANAGER = "ml-platform";

/** kubectl's way of applying objects of this program: whatever another manager wrote to its fields gives way. */
export const APPLY = applyAs(FIELD_MANAGER);

/** The same under another name, for objects of which several stacks may set a part each. */
export function applyAs(manager: string): readonly string[] {
  return ["apply", "--server-side", "--force-conflicts", `--field-manager=${manager}`];
}
