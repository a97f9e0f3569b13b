import { columns } from "../columns.ts";
import type { EngineReport } from "./index.ts";
import { seconds, type Usage, type Use } from "./processes.ts";

const HEADINGS = ["what", "models", "resources", "took", "a model", "CLI", "program", "provider", "other"];

/** The measurements of the engine as a table, one line for each command and size; processor time and memory by process. */
export function engineTable({ previews, ups }: EngineReport): string {
  const rows = [
    ...previews.flatMap(({ models, resources, preview, floor, render }) => [
      row("preview", models, resources, preview),
      row("preview of ConfigMaps", models, resources, floor),
      row("render", models, resources, render),
    ]),
    ...(typeof ups === "string" ? [] : ups).flatMap(({ models, resources, preview, again }) => [
      row("preview, deployed", models, resources, preview),
      row("up again", models, resources, again),
    ]),
  ];
  const commands = [...new Set(rows.map(([what]) => what))];
  const table = columns([HEADINGS, ...commands.flatMap((what) => rows.filter((each) => each[0] === what))]);
  return [table, ...notes(ups)].join("\n");
}

function notes(ups: EngineReport["ups"]): string[] {
  if (typeof ups === "string") return [`up again: ${ups}`];
  const changed = ups.filter(({ changes }) => changes.length > 0);
  return changed.map(({ models, changes }) => `up again of ${models} models would have changed ${changes.join(", ")}`);
}

function row(what: string, models: number, resources: number, usage: Usage): string[] {
  const { wallSeconds, parts } = usage;
  return [
    what,
    `${models}`,
    `${resources}`,
    seconds(usage),
    `${Math.round((wallSeconds * 1000) / models)} ms`,
    ...[parts.cli, parts.program, parts.kubernetes, parts.others].map(use),
  ];
}

function use({ seconds: processor, mebibytes }: Use): string {
  if (processor === 0 && mebibytes === 0) return "";
  return `${processor.toFixed(1)} s, ${Math.round(mebibytes)} MiB`;
}
