import { errorMessage, UserError } from "../../common/errors.ts";
import { decide } from "../decide/decide.ts";
import { decisionRecord, parseRecords, timeText } from "../records/record.ts";
import { type Settings, sameSettings, stepWeight } from "../settings/settings.ts";
import { type Actor, NotReadyError } from "./actor.ts";
import { nextStep, planMove, type Step } from "./next-step.ts";
import { type Cause, type Progress, readProgress } from "./progress.ts";
import { commitText, newsOf, progressLine } from "./texts.ts";

/** How a driver runs. */
export interface DriveOptions {
  /** Seconds between two looks. */
  readonly interval: number;
  /** Name of the record file, for messages. */
  readonly file: string;
  /** Whether to stop after the first look. @default false */
  readonly once?: boolean;
}

/** Seconds before a change that failed is tried again. */
const RETRY_SECONDS = [5, 15, 30, 60];

/**
 * Drives the last rollout of the record file until it has ended: reads, decides, records, and makes stack file and cluster
 * follow. It can be interrupted anywhere, and goes on when it is called again.
 *
 * @returns how the rollout ended; undefined if it has not (`once`)
 * @throws UserError if no rollout has been started, or files are wrong
 */
export async function drive(actor: Actor, options: DriveOptions): Promise<Progress["ended"]> {
  const driver = new Driver(actor, options);
  for (;;) {
    const progress = await driver.progress();
    const step = nextStep(progress, await actor.view(), driver.deployed);
    if (step.do === "end") return progress.ended;
    const looked = await driver.take(step, progress);
    if (looked && options.once === true && (await driver.progress()).pending === undefined) return undefined;
    if (looked) await actor.wait(options.interval);
  }
}

class Driver {
  /** The settings that this process has deployed last. */
  deployed: Settings | undefined;
  readonly #actor: Actor;
  readonly #options: DriveOptions;
  #text = "";
  #progress: Progress | undefined;
  #failures = 0;
  /** What people have been told last that they must do. */
  #asked: string | undefined;
  #noted: string | undefined;

  constructor(actor: Actor, options: DriveOptions) {
    this.#actor = actor;
    this.#options = options;
  }

  async progress(): Promise<Progress> {
    const { file } = this.#options;
    const text = await this.#actor.readRecords();
    const grown = this.#progress !== undefined && text.startsWith(this.#text);
    const added = grown ? text.slice(this.#text.length) : text;
    const progress = readProgress(parseRecords(added, file), file, grown ? this.#progress : undefined);
    if (progress === undefined) {
      throw new UserError(`${file}: no rollout has been started`, "npm run rollout -- start begins one");
    }
    // Only what has been added is read again, up to the last whole line.
    this.#text = text.slice(0, text.lastIndexOf("\n") + 1);
    this.#progress = progress;
    return progress;
  }

  /** Takes a step. @returns whether the driver should wait before the next one */
  async take(step: Exclude<Step, { do: "end" }>, progress: Progress): Promise<boolean> {
    const actor = this.#actor;
    switch (step.do) {
      case "plan":
        await this.#plan(progress, step.cause);
        return false;
      case "configure":
        await actor.configure(step.settings);
        return false;
      case "deploy":
        await this.#deploy(progress, step.settings);
        return false;
      case "arrive":
        await this.#arrive(progress);
        return false;
      case "leave":
        await actor.append({ record: "left", time: timeText(actor.now()), reason: step.reason });
        actor.report(step.reason);
        return false;
      case "yield":
        await this.#note(step.reason, progress);
        return true;
      case "look":
        await this.#note(step.note, progress);
        await this.#look(progress);
        return true;
    }
  }

  async #plan(progress: Progress, cause: Cause): Promise<void> {
    const view = await this.#actor.view();
    const stablePods = await this.#actor.readyPods(view.settings.stable);
    const through = planMove(progress, view, cause, stablePods);
    const time = timeText(this.#actor.now());
    await this.#actor.append({ record: "move", time, from: view.settings, through });
    this.deployed = undefined;
  }

  async #deploy(progress: Progress, settings: Settings): Promise<void> {
    const cause = progress.pending?.what;
    const rising = cause === "start" || cause === "advance" || cause === "promote";
    const stop = new AbortController();
    const watched = this.#stopOnRequest(progress, stop);
    try {
      await this.#actor.deploy(rising ? [progress.plan.canary] : [], stop.signal);
      this.deployed = settings;
      this.#failures = 0;
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      if (!stop.signal.aborted) await this.#failed(progress, settings, error);
    } finally {
      stop.abort();
      await watched;
    }
  }

  /** A person's abort does not wait for pods that are starting. */
  async #stopOnRequest(progress: Progress, stop: AbortController): Promise<void> {
    if (progress.pending?.what === "abort") return;
    while (!stop.signal.aborted) {
      await this.#actor.wait(1, stop.signal);
      if (stop.signal.aborted) return;
      if ((await this.progress()).pending?.what === "abort") stop.abort();
    }
  }

  async #failed({ pending, plan, move }: Progress, settings: Settings, error: UserError): Promise<void> {
    const actor = this.#actor;
    const last = move?.through.at(-1);
    const withdrawn = pending?.what === "abort" && last !== undefined && sameSettings(settings, last);
    if (error instanceof NotReadyError && withdrawn) {
      // The canary's pods need not become ready any more.
      actor.report(error.what);
      this.deployed = settings;
      return;
    }
    if (error instanceof NotReadyError && pending?.what !== "abort" && pending?.what !== "back") {
      const time = timeText(actor.now());
      await actor.append({ record: "request", time, what: "abort", by: "the driver", reason: error.what });
      return;
    }
    const text = errorMessage(error);
    actor.report(text);
    if (this.#failures === 0) {
      await actor.notify({ what: "needs person", text: `version ${plan.canary}: ${text}`, weight: settings.weight });
    }
    await actor.wait(RETRY_SECONDS[Math.min(this.#failures, RETRY_SECONDS.length - 1)] ?? 60);
    this.#failures += 1;
  }

  async #arrive(progress: Progress): Promise<void> {
    const actor = this.#actor;
    const text = commitText(progress);
    if (progress.pending !== undefined) await actor.notify(newsOf(progress, progress.pending));
    await actor.append({ record: "moved", time: timeText(actor.now()) });
    await actor.commit(text);
    actor.report(text.subject);
  }

  async #look(progress: Progress): Promise<void> {
    const actor = this.#actor;
    const { plan, approved, frozen } = progress;
    const read = { ...(await actor.look(progress.lastRead)), approved, ...(frozen === undefined ? {} : { frozen }) };
    const { state, decision } = decide(plan, progress.state, read);
    await actor.append(decisionRecord(read, decision));
    actor.report(progressLine(plan, state, read, decision));
    if (!decision.needsPerson) return;
    const [reason = ""] = decision.reasons;
    // Once a visit to a step and reason, whatever its numbers are by now.
    const asked = `${state.step} ${state.backOffs} ${reason.replace(/\d+/g, "")}`;
    if (asked === this.#asked) return;
    this.#asked = asked;
    await actor.notify({ what: "needs person", text: reason, weight: stepWeight(plan, state.step) });
  }

  async #note(note: string | undefined, { state, plan }: Progress): Promise<void> {
    if (note !== undefined && note !== this.#noted) {
      this.#actor.report(note);
      await this.#actor.notify({ what: "needs person", text: note, weight: stepWeight(plan, state.step) });
    }
    this.#noted = note;
  }
}
