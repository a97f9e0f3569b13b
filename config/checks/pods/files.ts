import { type WorkloadPods, workloadPods } from "../../resolve/pods.ts";
import type { ResolvedStack } from "../../resolve/stack.ts";
import type { ConfigProblem } from "../problem.ts";
import { fields, itemsOf } from "./fields.ts";

/** Mounted files whose places other mounts take: the API server rejects the same place twice, and containers cannot start with one in another. */
export function checkFiles(stack: ResolvedStack): ConfigProblem[] {
  return workloadPods(stack).flatMap((pods) => (pods.files.length === 0 ? [] : filesOf(pods)));
}

function filesOf({ path, files, container, template }: WorkloadPods): ConfigProblem[] {
  const spec = fields(fields(template())["spec"]);
  const own = itemsOf(spec["containers"]).find(({ name }) => name === container);
  // The files' own mounts are the last ones.
  const mounted = itemsOf(own?.["volumeMounts"]).map(({ mountPath }) => String(mountPath));
  const others = mounted.slice(0, mounted.length - files.length);
  return files.flatMap((file, index) => {
    // Two files that are in each other's way are reported once, at the second.
    const taken = [...others, ...files.slice(0, index)].find((place) => overlap(place, file));
    if (taken === undefined) return [];
    const how = taken === file ? "is" : file.startsWith(taken) ? "is in" : "would hide";
    return [
      { path: `${path}.files.${file}`, message: `${how} ${taken}, which is mounted already; choose another path` },
    ];
  });
}

function overlap(a: string, b: string): boolean {
  return `${a}/`.startsWith(`${b}/`) || `${b}/`.startsWith(`${a}/`);
}
