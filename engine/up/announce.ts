import { cgroupName, hostAddress, hostInterface, type NodePaths } from "../../cluster/node/layout.ts";
import type { ToolPlace } from "../../cluster/toolchain/tool.ts";
import { cacheDirectory } from "../../common/paths.ts";
import { pulumi } from "../pulumi/tool.ts";

/** What `up` is about to change on the machine. */
export interface Intent {
  readonly packages: readonly string[];
  readonly missing: readonly ToolPlace[];
  /** Whether the machine lacks a Pulumi CLI. */
  readonly engine: boolean;
  readonly starting: boolean;
  readonly gatewayPort: number;
  readonly paths: NodePaths;
}

/** Lines that say what will be installed or changed; empty if nothing will. */
export function intentLines(
  { packages, missing, engine, starting, gatewayPort, paths }: Intent,
  cache: string,
): string[] {
  const lines: string[] = [];
  if (packages.length > 0) lines.push(`install Debian packages: ${packages.join(", ")}`);
  if (missing.length > 0) {
    const minutes = Math.ceil(missing.reduce((sum, { tool }) => sum + tool.minutes, 0));
    const names = missing.map(({ tool }) => tool.name).join(", ");
    lines.push(`build ${names} into ${cache} (once; about ${minutes} min on two cores)`);
  }
  if (engine) {
    const { version, minutes } = pulumi;
    lines.push(
      `get the Pulumi CLI ${version} into ${cache}: downloaded, or built if that fails (about ${minutes} min more, beside the other steps)`,
    );
  }
  if (starting) {
    lines.push(
      `run one Kubernetes node in namespaces of its own, its data in ${paths.state}; on the machine itself it adds, until npm run down: ` +
        `network interface ${hostInterface} (${hostAddress}/30), cgroup ${cgroupName}, and listeners on 127.0.0.1:${gatewayPort} and for its API`,
    );
  }
  return lines;
}

/** Prints what `up` will change on the machine, before it does. */
export function announce(intent: Intent): void {
  const lines = intentLines(intent, cacheDirectory());
  if (lines.length === 0) return;
  console.log("This will:");
  for (const line of lines) console.log(`  - ${line}`);
}
