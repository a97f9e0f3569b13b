import { readdir } from "node:fs/promises";
import { type ProcessStat, readStat } from "../process-stat.ts";

/** A process and its descendants: servers in Python often have workers and helpers of their own. */
export async function processTree(root: number): Promise<readonly ProcessStat[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const stats = (await Promise.all(pids.map(readStat))).filter((stat) => stat !== undefined);
  const found = stats.filter(({ pid }) => pid === root);
  for (const { pid } of found) found.push(...stats.filter(({ parent }) => parent === pid));
  return found;
}
