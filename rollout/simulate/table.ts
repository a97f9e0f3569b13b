import { type Cell, RULES, type RuleName } from "./simulate.ts";

const TITLES: Readonly<Record<RuleName, string>> = {
  ours: "ours",
  argo: "Argo Rollouts",
  flagger: "Flagger",
  kayenta: "Kayenta",
};

/** What a table of the simulation needs to be read. */
export const LEGEND =
  "promoted/aborted in percent of the runs; the others were held · median minutes until then · median canary requests before an abort (or in all, where none was aborted)";

/** Rows of cells, the head first: a row a scenario, a column a rule. */
export function simulationRows(cells: readonly Cell[]): string[][] {
  const scenarios = [...new Set(cells.map(({ scenario }) => scenario))];
  const rows = scenarios.map((scenario) => [
    scenario,
    ...RULES.map((rule) => {
      const cell = cells.find((each) => each.scenario === scenario && each.rule === rule);
      return cell === undefined ? "" : cellText(cell);
    }),
  ]);
  return [["1000 requests a second unless said", ...RULES.map((rule) => TITLES[rule])], ...rows];
}

/** The same as text, each column as wide as its widest cell. */
export function simulationText(cells: readonly Cell[]): string {
  const rows = simulationRows(cells);
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

function cellText({ promoted, aborted, minutesToPromote, minutesToAbort, exposure, exposureToAbort }: Cell): string {
  const minutes = promoted > aborted ? minutesToPromote : minutesToAbort;
  const time = minutes === undefined ? "" : ` · ${Math.round(minutes)} min`;
  return `${percent(promoted)}/${percent(aborted)}${time} · ${requests(exposureToAbort ?? exposure)}`;
}

function percent(share: number): string {
  return String(Number((100 * share).toFixed(1)));
}

function requests(count: number): string {
  return count < 1000 ? String(Math.round(count)) : `${Number((count / 1000).toPrecision(2))}k`;
}
