import { createHash } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { restrictedContainer, restrictedPod } from "../../components/kubernetes/pod.ts";
import type { RenderedObject } from "../../render/rendered.ts";

/** Longest line of a summary. */
const WIDTH = 160;

/**
 * Longest text that is shown in full. A longer text is replaced by its number of lines and a hash, which shows whether
 * it changed.
 */
const LONG_TEXT = 2500;

type Fields = Readonly<Record<string, unknown>>;

/**
 * A rendered stack in a form for reviewers: every object and field as YAML in as few lines as possible. Values that all
 * objects share are left out: the platform's label, the stack's namespace, and the security settings of the Pod Security
 * Standard, which are abbreviated to `restricted` if they are complete.
 */
export function summarize(rendered: readonly RenderedObject[]): string {
  const namespace = rendered.find(({ object }) => object.kind === "Namespace")?.object.metadata.name;
  return rendered
    .map(({ object: { apiVersion, kind, metadata, ...rest }, ignoreChanges }) => {
      const { name, namespace: own, labels = {}, ...more } = metadata;
      const { "app.kubernetes.io/part-of": partOf, ...special } = labels;
      const fields = {
        ...(own === undefined || own === namespace ? {} : { namespace: own }),
        ...(partOf === "ml-platform" ? {} : { partOf: partOf ?? null }),
        ...(Object.keys(special).length === 0 ? {} : { labels: special }),
        ...more,
        ...Object.fromEntries(Object.entries(rest).toSorted(([a], [b]) => (a < b ? -1 : 1))),
        ...(ignoreChanges.length === 0 ? {} : { setOnce: ignoreChanges }),
      };
      return `${apiVersion} ${kind} ${name}:\n${block(shorten(fields), 2)}\n`;
    })
    .join("");
}

/** Abbreviates fields that every pod would repeat. */
function shorten(value: unknown): unknown {
  if (isDeepStrictEqual(value, restrictedPod) || isDeepStrictEqual(value, restrictedContainer)) return "restricted";
  if (isVariables(value)) return variables(value);
  if (Array.isArray(value)) return value.map(shorten);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, shorten(part)]));
}

/** Environment variables: a list of names and values, shown as a map. */
function isVariables(list: unknown): list is readonly (Fields & { name: string })[] {
  const isVariable = (item: unknown) =>
    typeof item === "object" && item !== null && "name" in item && ("value" in item || "valueFrom" in item);
  return Array.isArray(list) && list.length > 0 && list.every(isVariable);
}

function variables(list: readonly (Fields & { name: string })[]): Fields {
  return Object.fromEntries(list.map(({ name, value, valueFrom }) => [name, value ?? valueFrom]));
}

function block(value: unknown, indent: number): string {
  const space = " ".repeat(indent);
  const line = (head: string, part: unknown) => {
    const inline = flow(part);
    if (inline !== undefined && indent + head.length + inline.length < WIDTH) return `${space}${head} ${inline}`;
    if (typeof part === "string") return `${space}${head} ${text(part, indent + 2)}`;
    return head === "-"
      ? `${space}- ${block(part, indent + 2).trimStart()}`
      : `${space}${head}\n${block(part, indent + 2)}`;
  };
  if (Array.isArray(value)) return value.map((item) => line("-", item)).join("\n");
  return Object.entries(value as Fields)
    .map(([key, part]) => line(`${scalar(key)}:`, part))
    .join("\n");
}

/** A value on one line; undefined if it needs several. */
function flow(value: unknown): string | undefined {
  if (typeof value === "string") return value.includes("\n") || value.length > LONG_TEXT ? undefined : scalar(value);
  if (typeof value !== "object" || value === null) return String(value);
  const parts = Array.isArray(value)
    ? value.map(flow)
    : Object.entries(value).map(([key, part]) => {
        const inline = flow(part);
        return inline === undefined ? undefined : `${scalar(key)}: ${inline}`;
      });
  if (parts.includes(undefined)) return undefined;
  if (Array.isArray(value)) return `[${parts.join(", ")}]`;
  return parts.length === 0 ? "{}" : `{ ${parts.join(", ")} }`;
}

function text(value: string, indent: number): string {
  if (value.length > LONG_TEXT) {
    const hash = createHash("sha256").update(value).digest("hex").slice(0, 12);
    return `"${value.split("\n").length} lines, sha256 ${hash}"`;
  }
  if (!value.includes("\n")) return scalar(value);
  const lines = value.trimEnd().split("\n");
  return `|\n${lines.map((part) => (part === "" ? "" : " ".repeat(indent) + part)).join("\n")}`;
}

/** A text without quotes if YAML would read it as the same text, otherwise in quotes. */
function scalar(value: string): string {
  const plain =
    /^[A-Za-z/$*][^\n:#{}[\],"']*[^\s\n:#{}[\],"']$|^[A-Za-z]$/.test(value) &&
    !/^(true|false|null|yes|no)$/.test(value);
  return plain && !value.startsWith("*") ? value : JSON.stringify(value);
}
