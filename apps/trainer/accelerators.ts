import { readdirSync } from "node:fs";

/** Where the system shows the devices that a container was given. */
const DEVICES = "/dev";

/**
 * The accelerators that this process was given, such as `nvidia0` or `renderD128` (an AMD or Intel GPU); empty on a
 * machine without one. They are named, not used: the tasks fit in seconds on a processor.
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
