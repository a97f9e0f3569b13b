import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import type { Context } from "mocha";
import { stringify } from "yaml";
import { debianProgram } from "../../support/debian-program.ts";
import { need } from "../../support/needs.ts";

/** One series and its values, one per minute, in promtool's notation: `0+60x20` grows by 60 a minute for 20 minutes. */
export type Series = readonly [series: string, values: string];

/** A firing alert, with the labels that identify it. */
export interface Firing {
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * Has promtool evaluate alerts on the given series.
 *
 * @param minutes when the alerts are checked
 * @returns undefined if exactly the wanted alerts fire; otherwise the output of promtool
 */
export async function playAlert(
  groups: readonly object[],
  alert: string,
  series: readonly Series[],
  wanted: readonly Firing[],
  minutes: number,
): Promise<string | undefined> {
  const rule = groups.flatMap((group) => Reflect.get(group, "rules") as Rule[]).find((each) => each.alert === alert);
  if (rule === undefined) return `there is no alert ${alert}`;
  const test = {
    rule_files: ["rules.yaml"],
    evaluation_interval: "30s",
    tests: [
      {
        interval: "1m",
        input_series: series.map(([name, values]) => ({ series: name, values })),
        alert_rule_test: [
          {
            eval_time: `${minutes}m`,
            alertname: alert,
            exp_alerts: wanted.map(({ labels }) => ({ exp_labels: { ...rule.labels, ...labels } })),
          },
        ],
      },
    ],
  };
  // promtool compares annotations as well; another test checks their texts.
  const silent = groups.map((group) => ({
    ...group,
    rules: (Reflect.get(group, "rules") as Rule[]).map(({ annotations: _annotations, ...rest }) => rest),
  }));
  const { exitCode, all } = await promtool(
    "test",
    { "rules.yaml": { groups: silent }, "test.yaml": test },
    "test.yaml",
  );
  return exitCode === 0 ? undefined : all;
}

interface Rule {
  readonly alert: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations?: object;
}

let found: Promise<string> | undefined;
/** Debian's promtool. Its Prometheus is older than the add-on's: alerts that it reads work with both. */
const program = () => {
  found ??= debianProgram("prometheus", "usr/bin/promtool");
  return found;
};

/** Skips the tests, with the reason, where promtool cannot be had. */
export const needPromtool = (test: Context) => need(test, program);

/** The output of `promtool check rules`. */
export async function checkRules(groups: readonly object[]): Promise<{ exitCode: number | undefined; all: string }> {
  return promtool("check", { "rules.yaml": { groups } }, "rules.yaml");
}

async function promtool(command: "test" | "check", files: Readonly<Record<string, object>>, file: string) {
  const folder = await mkdtemp(path.join(tmpdir(), "promtool-"));
  try {
    for (const [name, content] of Object.entries(files)) await writeFile(path.join(folder, name), stringify(content));
    const { exitCode, all } = await execa(await program(), [command, "rules", file], {
      cwd: folder,
      reject: false,
      all: true,
    });
    return { exitCode, all };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
