import type { StackConfig } from "../schema/stack.ts";
import { type ConfigProblem, listed } from "./problem.ts";

/** A reference to a key of one of the stack's secrets: both are there. */
export function checkSecretKey(
  secrets: StackConfig["secrets"],
  { secret, key }: { readonly secret: string; readonly key: string },
  path: string,
): ConfigProblem[] {
  const data = secrets[secret]?.data;
  if (data === undefined) {
    const message = `there is no secret "${secret}" under secrets${listed(Object.keys(secrets))}`;
    return [{ path: `${path}.secret`, message }];
  }
  if (data[key] !== undefined) return [];
  return [{ path: `${path}.key`, message: `secret "${secret}" has no key "${key}"${listed(Object.keys(data))}` }];
}
