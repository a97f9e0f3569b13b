import { expect } from "chai";
import type { EngineReport } from "../../../bench/engine/index.ts";
import type { Usage } from "../../../bench/engine/processes.ts";
import { engineTable } from "../../../bench/engine/table.ts";

const NONE = { seconds: 0, mebibytes: 0 };

function usage(wallSeconds: number): Usage {
  const parts = {
    cli: { seconds: 1, mebibytes: 200 },
    program: { seconds: 3, mebibytes: 400 },
    kubernetes: NONE,
    others: { seconds: 0.5, mebibytes: 90 },
  };
  return { wallSeconds, parts };
}

const previews: EngineReport["previews"] = [10, 100].map((models) => ({
  models,
  resources: models * 12 + 10,
  preview: usage(models / 5),
  floor: usage(models / 10),
  render: usage(models / 100),
}));

const cells = (report: EngineReport) =>
  engineTable(report)
    .split("\n")
    .map((line) => line.split(/ {2,}/));

describe("the table of the engine's measurements", () => {
  it("groups the sizes by command, and says why there are no deployments", () => {
    const lines = cells({ previews, ups: "skipped, since no cluster runs" });
    expect(lines.map(([what, models]) => [what, models]).slice(1)).to.deep.equal([
      ["preview", "10"],
      ["preview", "100"],
      ["preview of ConfigMaps", "10"],
      ["preview of ConfigMaps", "100"],
      ["render", "10"],
      ["render", "100"],
      ["up again: skipped, since no cluster runs", undefined],
    ]);
    expect(lines[2]).to.deep.equal([
      "preview",
      "100",
      "1210",
      "20.0 s",
      "200 ms",
      "1.0 s, 200 MiB",
      "3.0 s, 400 MiB",
      "0.5 s, 90 MiB",
    ]);
  });

  it("names the changes of an up that should have none", () => {
    const up = { models: 10, resources: 130, deployedSeconds: 60, preview: usage(4), again: usage(5) };
    const table = engineTable({ previews: [], ups: [{ ...up, changes: ["~ Job init"] }] });
    expect(table).to.match(/^up again +10 +130 +5\.0 s +500 ms/m);
    expect(table).to.match(/up again of 10 models would have changed ~ Job init$/);
    expect(engineTable({ previews: [], ups: [{ ...up, changes: [] }] })).not.to.include("would have changed");
  });
});
