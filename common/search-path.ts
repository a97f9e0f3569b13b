import { access, constants } from "node:fs/promises";
import path from "node:path";

/** The program of that name on PATH; undefined where there is none. */
export async function findOnPath(program: string): Promise<string | undefined> {
  const folders = (process.env["PATH"] ?? "").split(path.delimiter).filter((folder) => folder !== "");
  for (const folder of folders) {
    const file = path.join(folder, program);
    if (await isExecutable(file)) return file;
  }
  return undefined;
}

/** Whether there is a program at a path that this process may run. */
export function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}
