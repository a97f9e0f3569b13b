import { access, constants } from "node:fs/promises";
import path from "node:path";

/** The program with this name on PATH; undefined if there is none. */
export async function findOnPath(program: string): Promise<string | undefined> {
  const folders = (process.env["PATH"] ?? "").split(path.delimiter).filter((folder) => folder !== "");
  for (const folder of folders) {
    const file = path.join(folder, program);
    if (await isExecutable(file)) return file;
  }
  return undefined;
}

/** Whether there is an executable file at a path. */
export function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}
