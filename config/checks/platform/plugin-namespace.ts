import type { ResolvedStack } from "../../resolve/stack.ts";
import type { ConfigProblem } from "../problem.ts";

/** The device plugin mounts a folder of the node, which its namespace must allow; the stack's own must not. */
export function checkPluginNamespace({ gpuPool, namespace }: ResolvedStack): ConfigProblem[] {
  const plugin = gpuPool?.devicePlugin;
  if (plugin === undefined || plugin === false || plugin.namespace !== namespace.name) return [];
  const message =
    "is the stack's own namespace, whose Pod Security would be lifted for the plugin; leave it out for kube-system, or name another one";
  return [{ path: "gpuPool.devicePlugin.namespace", message }];
}
