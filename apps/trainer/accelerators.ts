import { readdirSync } from "node:fs";

/** Where Linux shows the devices of a container. */
const DEVICES = "/dev";

/**
 * Names of the GPUs that this process can see, such as `nvidia0` or `renderD128` (AMD or Intel). They are only logged:
 * training takes seconds on a CPU.
 */
export function findAccelerators(directory: string = DEVICES): string[] {
  const names = (folder: string) => {
    try {
      return readdirSync(folder);
    } catch {
      return [];
    }
  };
  const nvidia = names(directory).filter((name) => /^nvidia\d+$/.test(name));
  const rendering = names(`${directory}/dri`).filter((name) => /^renderD\d+$/.test(name));
  return [...nvidia, ...(nvidia.length > 0 ? [] : rendering)].sort();
}
