import { open } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { ObjectName } from "../deploy/trouble.ts";
import { kindOfType, nameOf } from "./preview.ts";

/** What this project reads of an event of the engine. @see pulumi/sdk `apitype/events.go` */
export interface EngineEvent {
  readonly resourcePreEvent?: { readonly metadata: StepMetadata };
  readonly resOutputsEvent?: { readonly metadata: StepMetadata };
  readonly resOpFailedEvent?: { readonly metadata: StepMetadata };
  readonly diagnosticEvent?: {
    readonly urn?: string;
    readonly message: string;
    readonly severity: string;
    readonly ephemeral?: boolean;
  };
}

interface StepState {
  readonly inputs?: { readonly metadata?: { readonly name?: string; readonly namespace?: string } };
}

interface StepMetadata {
  readonly op: string;
  readonly urn: string;
  readonly type: string;
  readonly new?: StepState | null;
  readonly old?: StepState | null;
}

const DOING: Readonly<Record<string, readonly [now: string, done: string]>> = {
  create: ["creating", "created"],
  "create-replacement": ["creating", "created"],
  update: ["updating", "updated"],
  delete: ["deleting", "deleted"],
  "delete-replaced": ["deleting", "deleted"],
};

/** Turns the engine's events into lines for a person: what is done resource by resource, and what is under way. */
export class EngineProgress {
  readonly #report: (line: string) => void;
  readonly #log: (line: string) => void;
  readonly #now: () => number;
  readonly #names = new Map<string, string>();
  readonly #started = new Map<string, { readonly step: StepMetadata; readonly since: number }>();

  /**
   * @param report takes a line on what is under way
   * @param log takes a line on what is done
   * @param now the time in milliseconds
   */
  constructor(report: (line: string) => void, log: (line: string) => void, now: () => number = Date.now) {
    this.#report = report;
    this.#log = log;
    this.#now = now;
  }

  take({ resourcePreEvent, resOutputsEvent, resOpFailedEvent, diagnosticEvent }: EngineEvent): void {
    if (resourcePreEvent !== undefined) this.#begin(resourcePreEvent.metadata);
    if (resOutputsEvent !== undefined) this.#end(resOutputsEvent.metadata);
    if (resOpFailedEvent !== undefined) this.#fail(resOpFailedEvent.metadata);
    // What the provider waits for, such as the pods of a Deployment.
    if (diagnosticEvent?.ephemeral === true && diagnosticEvent.urn) {
      const name = this.#names.get(diagnosticEvent.urn) ?? nameOf(diagnosticEvent.urn);
      this.#report(`${name}: ${plain(diagnosticEvent.message)}`);
    }
  }

  /** The objects that the engine is at. */
  underWay(): ObjectName[] {
    return [...this.#started.values()].flatMap(({ step }) => {
      const { name, namespace = "" } = step.new?.inputs?.metadata ?? {};
      return name === undefined ? [] : [{ kind: kindOfType(step.type), namespace, name }];
    });
  }

  #begin(step: StepMetadata): void {
    const [now] = wordsOf(step) ?? [];
    if (now === undefined) return;
    this.#names.set(step.urn, nameInCluster(step));
    this.#started.set(keyOf(step), { step, since: this.#now() });
    this.#report(`${now} ${describe(step)}`);
  }

  #end(step: StepMetadata): void {
    const [, done] = wordsOf(step) ?? [];
    const start = this.#started.get(keyOf(step))?.since;
    if (done === undefined || start === undefined) return;
    this.#started.delete(keyOf(step));
    this.#log(`${done} ${describe(step)} (${((this.#now() - start) / 1000).toFixed(1)} s)`);
  }

  #fail(step: StepMetadata): void {
    this.#started.delete(keyOf(step));
    this.#log(`failed: ${wordsOf(step)?.[0] ?? step.op} ${describe(step)}`);
  }
}

function keyOf({ op, urn }: StepMetadata): string {
  return `${op} ${urn}`;
}

/** Components and providers are no objects of the cluster. */
function wordsOf({ op, type }: StepMetadata): readonly [string, string] | undefined {
  return /^(ml|pulumi):/.test(type) ? undefined : DOING[op];
}

function describe(step: StepMetadata): string {
  return `${kindOfType(step.type)} ${nameInCluster(step)}`;
}

/** The name that the object has in the cluster; that in the program where it is no object, or deleted. */
function nameInCluster({ urn, new: made, old }: StepMetadata): string {
  return (made ?? old)?.inputs?.metadata?.name ?? nameOf(urn);
}

/** What an event says went wrong, with the resource that it happened to. */
export function errorsOf({ diagnosticEvent }: EngineEvent): string[] {
  if (diagnosticEvent?.severity !== "error") return [];
  const { urn, message } = diagnosticEvent;
  const text = withoutMarks(message).trim();
  return [urn ? `${describe({ urn, type: typeOf(urn), op: "" })}: ${text}` : text];
}

/** `kubernetes:apps/v1:Deployment` of a URN, whose third part ends in it. */
function typeOf(urn: string): string {
  return urn.split("::")[2]?.split("$").at(-1) ?? "";
}

/** Text without the engine's colour marks. */
function withoutMarks(text: string): string {
  return text.replace(/<\{%[^%]*%\}>/g, "");
}

/** The same on one line. */
function plain(text: string): string {
  return withoutMarks(text).replace(/\s+/g, " ").trim();
}

/**
 * Reads the events that a CLI writes to a file (`--event-log`), one JSON object a line, while it writes them.
 *
 * @param ended aborted once the CLI has ended; what is there by then is still read
 */
export async function followEvents(
  file: string,
  ended: AbortSignal,
  take: (event: EngineEvent) => void,
): Promise<void> {
  const handle = await open(file, "a+");
  try {
    const buffer = Buffer.alloc(1 << 16);
    let position = 0;
    let rest = "";
    const decoder = new TextDecoder();
    for (;;) {
      const last = ended.aborted;
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, position);
      position += bytesRead;
      rest += decoder.decode(buffer.subarray(0, bytesRead), { stream: true });
      const lines = rest.split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) if (line.trim() !== "") take(JSON.parse(line) as EngineEvent);
      if (bytesRead > 0) continue;
      if (last) return;
      await sleep(100, undefined, { signal: ended }).catch(() => undefined);
    }
  } finally {
    await handle.close();
  }
}
