import path from "node:path";
import { exists } from "../../registry/index.ts";

/** Where a data file lies: under the data volume where there is one of that name, otherwise the path as it is. */
export async function findDataFile(file: string, dataVolume: string | undefined): Promise<string> {
  if (dataVolume === undefined) return file;
  const onVolume = path.resolve(dataVolume, file);
  return (await exists(onVolume)) ? onVolume : file;
}
