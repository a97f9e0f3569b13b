import { readFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "chai";
import { parseValues, validateConfig } from "../../../config/index.ts";
import { readStackTexts } from "../../../render/stack-file.ts";
import { editSettings, viewOf } from "../../../rollout/live/stack-file.ts";
import type { Settings } from "../../../rollout/settings/settings.ts";

const DEV = path.resolve(import.meta.dirname, "../../../Pulumi.dev.yaml");
const MODEL = { project: "ml-platform", model: "sentiment-classifier" };
const ENTRY = "sentiment-classifier";

/** Lines that are in only one of two texts. */
function changedLines(before: string, after: string): { removed: string[]; added: string[] } {
  const [old, now] = [before.split("\n"), after.split("\n")];
  return { removed: old.filter((line) => !now.includes(line)), added: now.filter((line) => !old.includes(line)) };
}

function viewOfTexts(...texts: readonly string[]) {
  const files = texts.map((text, index) => ({ file: `${index}.yaml`, text }));
  const values = parseValues(readStackTexts("ml-platform", files).values, "ml-platform");
  return viewOf({ values, resolved: validateConfig(values, "test") }, ENTRY);
}

describe("the stack file of a rollout", () => {
  let text = "";
  before(async () => {
    text = await readFile(DEV, "utf8");
  });

  const edited = (after: Settings, ...files: readonly string[]) => {
    const given = files.map((each, index) => ({ file: `${index}.yaml`, text: each }));
    const changed = new Map(
      editSettings(given, MODEL, viewOfTexts(...files).settings, after).map((each) => [each.file, each.text]),
    );
    return given.map(({ file, text: same }) => changed.get(file) ?? same);
  };

  it("gives the model's versions, the canary's weight and the written pods", () => {
    const { settings, pods } = viewOfTexts(text);
    expect(settings).to.include({ stable: "1", canary: "2", weight: 25 });
    expect(settings.capacity["2"]).to.deep.equal({ replicas: 1 });
    expect(settings.capacity["1"]?.autoscaling).to.include({ name: "model-v1-hpa", minReplicas: 2 });
    expect(settings.capacity["1"]?.disruptionBudget).to.deep.equal({ name: "model-v1-pdb", minAvailable: 1 });
    expect(pods["1"]?.autoscaling).to.include({ minReplicas: 2, maxReplicas: 4 });
    expect(pods["2"]).to.deep.equal({ replicas: 1 });
  });

  it("changes the lines of a setting, and no comment or other line", () => {
    const { settings } = viewOfTexts(text);
    const [after = ""] = edited(
      { ...settings, weight: 5, capacity: { ...settings.capacity, "2": { replicas: 3 } } },
      text,
    );
    const { removed, added } = changedLines(text, after);
    expect(added).to.deep.equal(["          replicas: 3", "        canaryWeight: 5"]);
    expect(removed).to.deep.equal(["          replicas: 1"]);
    expect(after).to.contain("# The dev environment: small enough");
    expect(after).to.contain("# Denies all traffic that the stack does not need");
  });

  it("reads what it has written, whatever the change", () => {
    const { settings } = viewOfTexts(text);
    const { "1": one = {}, "2": two = {} } = settings.capacity;
    const changes: Settings[] = [
      { ...settings, weight: 0 },
      { stable: "2", canary: "1", weight: 0, capacity: { "1": two, "2": one } },
      { ...settings, capacity: { "1": {}, "2": {} } },
      settings,
    ];
    for (const after of changes) expect(viewOfTexts(...edited(after, text)).settings).to.deep.equal(after);
  });

  it("changes a setting in the file that has it, and adds others to the last file that has the model", () => {
    const layer = `config:\n  models:\n    # Only this one.\n    - model: sentiment-classifier\n      traffic: { canaryWeight: 40 }\n`;
    const { settings } = viewOfTexts(text, layer);
    expect(settings.weight).to.equal(40);
    const after = { ...settings, weight: 10, capacity: { ...settings.capacity, "2": { replicas: 2 } } };
    const [base = "", above = ""] = edited(after, text, layer);
    expect(above).to.equal(layer.replace("40", "10"));
    expect(changedLines(text, base).added).to.deep.equal([]);
    expect(viewOfTexts(base, above).settings).to.deep.equal(after);
  });

  it("is left as it is if nothing changes", () => {
    expect(
      editSettings([{ file: "a", text }], MODEL, viewOfTexts(text).settings, viewOfTexts(text).settings),
    ).to.deep.equal([]);
  });

  it("must have the model as YAML", () => {
    const { settings } = viewOfTexts(text);
    const other = "config:\n  models: '[]'\n";
    expect(() => editSettings([{ file: "a", text: other }], MODEL, settings, { ...settings, weight: 1 })).to.throw(
      /model "sentiment-classifier" is in none of the stack's files as YAML: write it there/,
    );
  });
});
