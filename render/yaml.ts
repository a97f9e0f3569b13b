import { stringify } from "yaml";

/**
 * YAML for programs written in Go, such as kubectl and the Pulumi CLI, which read an unquoted `on` as true and an unquoted
 * `2026-01-15` as a time. YAML 1.1 quotes both.
 */
export function toYaml(value: unknown): string {
  return stringify(value, { lineWidth: 0, aliasDuplicateObjects: false, version: "1.1" });
}
