import { type EnsureOptions, ensureTools } from "../../cluster/toolchain/index.ts";
import type { ToolPlace } from "../../cluster/toolchain/tool.ts";
import type { Step } from "./progress.ts";

/** The step that builds one tool. */
export function buildStep(place: ToolPlace, options: EnsureOptions = {}, after?: () => void): Step {
  return {
    title: `Building ${place.tool.name} ${place.tool.version}`,
    run: async (report) => {
      await ensureTools([place], (_, line) => report(line), options);
      after?.();
      return undefined;
    },
  };
}
