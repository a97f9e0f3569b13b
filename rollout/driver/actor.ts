import { UserError } from "../../common/errors.ts";
import type { Read } from "../decide/read.ts";
import type { RolloutRecord } from "../records/record.ts";
import type { ModelView, Settings } from "../settings/settings.ts";

/** What a look at the cluster gives: a read without the approvals, which are in the records. */
export type Look = Omit<Read, "approved" | "frozen">;

/** A commit that says what a rollout did. */
export interface CommitText {
  /** At most 72 characters. */
  readonly subject: string;
  readonly body: string;
}

/** News for people. */
export interface News {
  /** What happened, or what a person must do. */
  readonly what: "started" | "advance" | "back" | "promote" | "abort" | "needs person";
  readonly text: string;
  /** Percent of the requests that the canary gets from now on. */
  readonly weight: number;
}

/** Pods of a version do not become ready. */
export class NotReadyError extends UserError {
  override readonly name = "NotReadyError";
}

/** Everything that a driver reads and changes. The driver itself decides, and touches nothing else. */
export interface Actor {
  /** Milliseconds since 1970. */
  now(): number;
  /** Waits for a time, until somebody else has added a record, or until the signal. It never throws. */
  wait(seconds: number, signal?: AbortSignal): Promise<void>;
  /** The text of the record file; empty if there is none. */
  readRecords(): Promise<string>;
  /** Adds a line to the record file. It is on the disk when the promise resolves. */
  append(record: RolloutRecord): Promise<void>;
  /** The model's settings as the stack file has them now. @throws UserError if the file is wrong */
  view(): Promise<ModelView>;
  /** Writes settings to the stack file, atomically. */
  configure(settings: Settings): Promise<void>;
  /**
   * Runs the engine on what the stack file changes of the model's pods and route. Changes that were made already are no changes.
   *
   * @param awaited versions whose pods must be ready before it returns
   * @throws NotReadyError if their pods do not become ready
   * @throws UserError if the engine rejects the change, or is stopped
   */
  deploy(awaited: readonly string[], stop: AbortSignal): Promise<void>;
  /**
   * Counts of both versions since the read before, the route's weights, and the pods' state. Missing evidence is part of a look.
   *
   * @param since time of the last recorded read, from which the counts go on; undefined before the first
   */
  look(since: number | undefined): Promise<Look>;
  /** Ready pods of a version. */
  readyPods(version: string): Promise<number>;
  /** Makes what has happened a commit of the stack file and the record file, if that was asked for. */
  commit(text: CommitText): Promise<void>;
  /** Tells people who do not watch. It never throws. */
  notify(news: News): Promise<void>;
  /** Shows a line to the person at the terminal. */
  report(line: string): void;
}
