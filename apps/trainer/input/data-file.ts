import path from "node:path";
import { exists } from "../../registry/index.ts";

/** Path of a data file: on the data volume if a file of that name exists there, otherwise the given path. */
export async function findDataFile(file: string, dataVolume: string | undefined): Promise<string> {
  if (dataVolume === undefined) return file;
  const onVolume = path.resolve(dataVolume, file);
  return (await exists(onVolume)) ? onVolume : file;
}
