import type { ConfigProblem, Findings } from "./checks/problem.ts";
import { StackSchema } from "./schema/stack.ts";

/** Settings of Pulumi itself, and of the providers that the program does not configure. */
const READ_BY_OTHERS = ["pulumi", "docker-build"];

/**
 * Keys of a stack that do not begin with the project's name. Pulumi passes them on, and nobody reads them: one that looks like a
 * setting of the project is a slip.
 *
 * @param keys configuration keys as `<namespace>:<key>`
 */
export function checkForeignKeys(keys: readonly string[], project: string): Findings {
  const foreign = keys.filter((key) => {
    const namespace = namespaceOf(key);
    return namespace !== project && !READ_BY_OTHERS.includes(namespace);
  });
  const slips = foreign.filter((key) => isSlip(key, project));
  const ofProvider = foreign.filter((key) => namespaceOf(key) === "kubernetes");
  const others = foreign.filter((key) => !slips.includes(key) && !ofProvider.includes(key));
  return {
    problems: [
      ...slips.map((path) => ({ path, message: `is not read; did you mean ${project}:${nameOf(path)}?` })),
      ...ofProvider.map((path) => ({
        path,
        message: `is not read, because the program configures its own provider; set ${project}:cluster`,
      })),
    ],
    notices: others.map(
      (path): ConfigProblem => ({ path, message: `is not read: settings of this program begin with ${project}:` }),
    ),
  };
}

function namespaceOf(key: string): string {
  return key.slice(0, key.indexOf(":"));
}

function nameOf(key: string): string {
  return key.slice(key.indexOf(":") + 1);
}

/** Whether a key has the name of a setting of the project, or a namespace that reads like the project's. */
function isSlip(key: string, project: string): boolean {
  const letters = (text: string) => text.toLowerCase().replaceAll(/[^a-z0-9]/g, "");
  const [given, own] = [letters(namespaceOf(key)), letters(project)];
  return Object.hasOwn(StackSchema.shape, nameOf(key)) || distance(given, own) <= 2;
}

/** The number of letters to insert, delete or replace that turn one text into another. */
function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (const [index, letter] of [...one].entries()) {
    const next = [index + 1];
    for (let column = 1; column <= other.length; column++) {
      const replaced = (row[column - 1] ?? 0) + (letter === other[column - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
