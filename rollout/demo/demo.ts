import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { UserError } from "../../common/errors.ts";
import { stateDirectory } from "../../common/paths.ts";
import { freePort } from "../../common/ports.ts";
import { openRollout } from "../commands/context.ts";
import { readProgress } from "../driver/progress.ts";
import { type NumberedRecord, recordFile } from "../records/record.ts";
import { curve, eventLine, type Point, pointsOf, totals } from "./curve.ts";
import { Load } from "./load.ts";
import { LocalPrometheus, localUrl } from "./prometheus.ts";
import { demoPath, demoStackFile, faultyVersion, MODEL, SCRAPE_SECONDS, setCanary } from "./stack.ts";
import { awaitHistory, Commands, gatewayUrl, lastRollout, removeStack } from "./steps.ts";

const STACK = "rollout-demo";

/** One step, and margins that a minute's requests of a laptop can tell from nothing. Real rollouts take more of both. */
export const ROLLOUT = {
  steps: [25],
  confidence: 0.9,
  goals: [
    { kind: "errors", margin: 0.01 },
    { kind: "slow", seconds: 0.25, margin: 0.1 },
  ],
};

/** Share of the requests that the bad version cannot answer. */
export const RARE_SHARE = 0.3;

/** Milliseconds between two looks at the record file. */
const POLL = 300;

export interface DemoFlags {
  readonly requestsPerSecond: number;
}

/**
 * Rolls out two versions of a small model on the embedded cluster, under load: one that fails for some inputs, and one that is
 * fine. Brings up what it needs, and removes its stack at the end, also when it is interrupted.
 *
 * @throws UserError if one of the rollouts ends otherwise than it should
 */
export async function demo({ requestsPerSecond }: DemoFlags): Promise<void> {
  const folder = path.join(stateDirectory(), "rollout-demo");
  const stop = new AbortController();
  const interrupt = () => {
    if (!stop.signal.aborted) console.log("\nInterrupted.");
    stop.abort();
  };
  process.on("SIGINT", interrupt);
  process.on("SIGTERM", interrupt);
  let load: Load | undefined;
  let prometheus: LocalPrometheus | undefined;
  try {
    // What an earlier demonstration that was killed has left.
    if (!(await removeStack(STACK, folder))) {
      throw new UserError(`stack ${STACK} of an earlier demonstration cannot be removed`, "see `npm run status`");
    }
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const file = path.join(folder, `Pulumi.${STACK}.yaml`);
    const port = await freePort();
    await writeFile(file, await demoStackFile({ name: STACK, rollout: ROLLOUT, prometheus: localUrl(port) }));
    const commands = new Commands(STACK, stop.signal);
    await succeed(commands, "up", ["--config-file", file]);
    const { kubectl } = await openRollout({ stack: STACK, model: MODEL });
    prometheus = await LocalPrometheus.open({
      folder: path.join(folder, "prometheus"),
      state: stateDirectory(),
      kubectl,
      namespace: STACK,
      port,
      scrapeSeconds: SCRAPE_SECONDS,
    });
    load = new Load({
      url: new URL(demoPath(STACK), await gatewayUrl()),
      requestsPerSecond,
      rareShare: RARE_SHARE,
    });
    load.start();
    console.log(`\n${requestsPerSecond} requests a second; waiting until Prometheus has counted some`);
    await awaitHistory(STACK, stop.signal);
    const begun = Date.now();

    console.log(`\nVersion 2 fails for flowers that it does not know, ${RARE_SHARE * 100} % of the requests.`);
    await setCanary(file, faultyVersion("2", "rare-inputs"));
    const bad = await rollOut(commands, file, stop.signal);
    console.log("\nVersion 3 is as good as version 1.");
    await setCanary(file, { version: "3" });
    const good = await rollOut(commands, file, stop.signal);
    await succeed(commands, "pulumi", ["preview", "--expect-no-changes"]);
    const { sent, failures } = await load.stop();
    for (const line of summary([bad, good], { begun, end: Date.now(), sent, failed: failures.length })) {
      console.log(line);
    }
    expectEnds(bad, good, file);
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    process.exitCode = 130;
  } finally {
    await load?.end();
    await prometheus?.end();
    console.log(`\nremoving stack ${STACK}; the cluster stays until npm run down`);
    if (!(await removeStack(STACK, folder))) {
      console.error("it could not be removed; the next demonstration tries again");
      process.exitCode ||= 1;
    }
    process.off("SIGINT", interrupt);
    process.off("SIGTERM", interrupt);
  }
}

async function succeed(commands: Commands, program: "up" | "rollout" | "pulumi", args: readonly string[]) {
  const { exitCode } = await commands.run(program, args);
  if (exitCode !== 0) throw new UserError(`${program} ${args[0]} ended with exit code ${exitCode}`, "see above");
}

/** Starts a rollout and drives it to its end, and shows each record as it is written. */
async function rollOut(commands: Commands, file: string, signal: AbortSignal): Promise<readonly NumberedRecord[]> {
  await succeed(commands, "rollout", ["start", "--model", MODEL]);
  const records = recordFile(file, MODEL);
  const ended = new AbortController();
  const watched = watchRecords(records, AbortSignal.any([signal, ended.signal]));
  try {
    const args = ["run", "--model", MODEL, "--interval", String(SCRAPE_SECONDS)];
    const { exitCode, output } = await commands.run("rollout", args, { quiet: true });
    if (exitCode !== 0 && exitCode !== 3) throw new UserError(`the driver failed:\n${output}`, "see above");
  } finally {
    ended.abort();
    await watched;
  }
  const all = await lastRollout(records);
  console.log(`\n${endOf(all, records)}`);
  return all;
}

async function watchRecords(file: string, ended: AbortSignal): Promise<void> {
  let shown = 1;
  for (;;) {
    // The last look comes after the end, so that nothing is missed.
    const last = ended.aborted;
    const records = await lastRollout(file);
    for (; shown < records.length; shown += 1) {
      const line = eventLine(records.slice(0, shown + 1), file);
      if (line !== undefined) console.log(line);
    }
    if (last) return;
    await sleep(POLL, undefined, { signal: ended }).catch(() => undefined);
  }
}

function endOf(records: readonly NumberedRecord[], file: string): string {
  const progress = readProgress(records, file);
  if (progress === undefined) throw new Error("the rollout has no records");
  return `version ${progress.plan.canary}: ${progress.ended ?? "not ended"}, after ${totals(records, progress.plan.canary)}`;
}

/** The whole in a few lines: the share of the new version over time, and what it cost. */
function summary(
  rollouts: readonly (readonly NumberedRecord[])[],
  { begun, end, sent, failed }: { begun: number; end: number; sent: number; failed: number },
): string[] {
  const points: Point[] = [{ at: begun, weight: 0 }, ...rollouts.flatMap(pointsOf)];
  return [
    "\nrequests for the version that is rolled out:",
    ...curve(points, end),
    `${sent} requests, ${failed} failed: those that version 2 could not answer, until its share was 0`,
  ];
}

function expectEnds(bad: readonly NumberedRecord[], good: readonly NumberedRecord[], file: string): void {
  const ends = [bad, good].map((records) => readProgress(records, file)?.ended);
  if (ends[0] === "aborted" && ends[1] === "promoted") return;
  throw new UserError(
    `version 2 should have been aborted, and version 3 promoted: ${ends.join(", ")}`,
    "run it again while the machine has nothing else to do",
  );
}
