import { stringify } from "yaml";

/**
 * YAML for programs written in Go, such as kubectl and the Pulumi CLI: to them an unquoted `on` is true, and an unquoted
 * `2026-01-15` is a time. So in the terms of YAML 1.1, which quotes both.
 */
export function toYaml(value: unknown): string {
  return stringify(value, { lineWidth: 0, aliasDuplicateObjects: false, version: "1.1" });
}
