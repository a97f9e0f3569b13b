import type { ResolvedStack } from "../resolve/stack.ts";
import { type ConfigProblem, listed } from "./problem.ts";

/** A reference to a key of one of the stack's secrets: both secret and key exist. */
export function checkSecretKey(
  secrets: ResolvedStack["secrets"],
  { secret, key }: { readonly secret: string; readonly key: string },
  path: string,
): ConfigProblem[] {
  // What a Secret from elsewhere holds is known to others.
  if (secrets[secret]?.existing !== undefined) return [];
  const data = secrets[secret]?.data;
  if (data === undefined) {
    const message = `there is no secret "${secret}" under secrets${listed(Object.keys(secrets))}`;
    return [{ path: `${path}.secret`, message }];
  }
  if (data[key] !== undefined) return [];
  return [{ path: `${path}.key`, message: `secret "${secret}" has no key "${key}"${listed(Object.keys(data))}` }];
}
