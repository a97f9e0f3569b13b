import { ensureTool as ensure } from "../../cluster/toolchain/index.ts";
import { monitoringTools } from "../../cluster/toolchain/monitoring.ts";
import type { Tool } from "../../cluster/toolchain/tool.ts";
import { tools } from "../../cluster/toolchain/tools.ts";
import { pulumi } from "../../engine/pulumi/tool.ts";
import { requestedTools, testTools } from "./test-tools.ts";

const all = { ...tools, pulumi, ...testTools, ...monitoringTools, ...requestedTools };

/** A tool of the cluster, of the Pulumi engine, or one that only tests and benchmarks use. */
export type ToolName = keyof typeof all;

/** The folder of a tool, e.g. `join(await ensureTool("kwok"), "kwok")`; the tool is built first if the cache does not have it. */
export function ensureTool(name: ToolName, report?: (line: string) => void, cache?: string): Promise<string> {
  // Tools of a group are requested one by one, and share Go's build cache.
  const group = [testTools, monitoringTools].find((each) => Object.hasOwn(each, name)) ?? {};
  const keepCacheFor: readonly Tool[] = Object.values(group);
  return ensure(all[name], report, { ...(cache === undefined ? {} : { cache }), keepCacheFor });
}
