import { readFile } from "node:fs/promises";
import { UserError } from "../../common/errors.ts";
import { checkStack, parseValues } from "../../config/index.ts";
import { readStackTexts } from "../../render/stack-file.ts";
import { drive } from "../driver/drive.ts";
import { DryRun } from "../driver/dry-run.ts";
import { type Progress, readProgress } from "../driver/progress.ts";
import { recentHistory, versionQueries } from "../live/evidence.ts";
import { stackPrometheus } from "../live/prometheus.ts";
import { editSettings, viewOf } from "../live/stack-file.ts";
import { liveVersions } from "../live/versions.ts";
import { parseRecords, startRecord } from "../records/record.ts";
import { moveUp, type Settings } from "../settings/settings.ts";
import { planFromStack } from "../stack-plan.ts";
import { liveActor, lockRollout, openRollout, type RolloutContext, type RolloutFlags } from "./context.ts";

/** Flags of `start` and `run`. */
export interface DriveFlags extends RolloutFlags {
  readonly commit?: boolean;
  readonly dryRun?: boolean;
  /** Seconds between two looks. */
  readonly interval: number;
  readonly once?: boolean;
}

/** Begins a rollout: records its plan, and what the stable version did in the last five minutes. */
export async function start(flags: RolloutFlags & { readonly dryRun?: boolean }): Promise<void> {
  const context = await openRollout(flags);
  const release = lockRollout(context);
  try {
    const present = await currentProgress(context);
    if (present !== undefined && present.ended === undefined) {
      throw new UserError(`the rollout of ${context.entry} has begun already`, "npm run rollout -- run drives it");
    }
    const { stackFiles, model, kubectl, entry } = context;
    const view = viewOf(stackFiles, entry);
    const live = await liveVersions(kubectl, stackFiles.resolved.namespace.name, model);
    const at = Date.now();
    const [stable, canary] = [view.settings.stable, view.settings.canary].map((version) =>
      versionQueries(stackFiles.resolved, model, version, live[version]),
    );
    if (stable === undefined || canary === undefined) throw new Error("a rollout has two versions");
    const history = await recentHistory(stable, canary, stackPrometheus(stackFiles.resolved, kubectl), at);
    const quiet = history.requestsPerSecond === 0;
    // Without requests nothing is known about the traffic, so it begins at the first step.
    const planned = planFromStack(stackFiles.resolved, entry, history);
    const plan = quiet ? { ...planned, lowest: 0 } : planned;
    for (const settings of moveUp(view, view.settings, live[view.settings.stable]?.health.ready ?? 1)) {
      await checkFits(context, view.settings, settings);
    }
    console.log(
      `${entry}: version ${plan.stable} → ${plan.canary}, ${history.requestsPerSecond.toFixed(1)} requests a second`,
    );
    if (quiet) console.log("no requests in the last five minutes: the rollout holds until there are some");
    if (flags.dryRun === true) return;
    await context.records.append(startRecord(entry, plan, view.settings, at));
    console.log(`recorded in ${context.records.file}; npm run rollout -- run drives it`);
  } finally {
    release();
  }
}

/** Whether the stack passes its checks with other settings, such as those of the rollout's end, which needs the most pods. */
async function checkFits(
  { files, stackFiles, model }: RolloutContext,
  before: Settings,
  after: Settings,
): Promise<void> {
  const texts = await Promise.all(files.map(async (file) => ({ file, text: await readFile(file, "utf8") })));
  const { project } = stackFiles;
  const identity = { project, model: model.model, ...(model.name === undefined ? {} : { name: model.name }) };
  const edited = new Map(editSettings(texts, identity, before, after).map(({ file, text }) => [file, text]));
  const { values } = readStackTexts(
    project,
    texts.map(({ file, text }) => ({ file, text: edited.get(file) ?? text })),
  );
  const [problem] = checkStack(parseValues(values, project)).problems;
  if (problem === undefined) return;
  throw new UserError(
    `the rollout would end with a stack that its checks reject: ${problem.path}: ${problem.message}`,
    "make room for the pods of both versions at once, and start again",
  );
}

/** Drives a model's rollout until it ends. */
export async function run(flags: DriveFlags): Promise<void> {
  const context = await openRollout(flags);
  const release = lockRollout(context);
  try {
    const actor = await liveActor(context, { commit: flags.commit === true, report: (line) => console.log(line) });
    const options = { interval: flags.interval, file: context.records.file, once: flags.once === true };
    if (flags.dryRun === true) {
      await drive(new DryRun(actor), { ...options, once: true });
      return;
    }
    await actor.commitLeftover(await currentProgress(context));
    const ended = await drive(actor, options);
    if (ended === undefined) return;
    console.log(`${context.entry}: ${ended}`);
    if (ended !== "promoted") process.exitCode = 3;
  } finally {
    release();
  }
}

/** The state of a model's last rollout; undefined if there was none. */
export async function currentProgress({ records }: RolloutContext): Promise<Progress | undefined> {
  return readProgress(parseRecords(await records.read(), records.file), records.file);
}
