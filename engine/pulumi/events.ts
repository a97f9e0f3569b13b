import { open } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { kindOfType, nameOf } from "./preview.ts";

/** The name of an object in the cluster. */
export interface ObjectName {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

/** The parts of an engine event that this project reads. @see pulumi/sdk `apitype/events.go` */
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

const VERBS: Readonly<Record<string, readonly [now: string, done: string]>> = {
  create: ["creating", "created"],
  "create-replacement": ["creating", "created"],
  update: ["updating", "updated"],
  delete: ["deleting", "deleted"],
  "delete-replaced": ["deleting", "deleted"],
};

/** Turns the engine's events into lines of output: finished resources, and work in progress. */
export class EngineProgress {
  readonly #report: (line: string) => void;
  readonly #log: (line: string) => void;
  readonly #now: () => number;
  readonly #names = new Map<string, string>();
  readonly #started = new Map<string, { readonly step: StepMetadata; readonly since: number }>();

  /**
   * @param report receives lines about work in progress
   * @param log receives lines about finished work
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
    // The provider says what it waits for, such as the pods of a Deployment.
    if (diagnosticEvent?.ephemeral === true && diagnosticEvent.urn) {
      const name = this.#names.get(diagnosticEvent.urn) ?? nameOf(diagnosticEvent.urn);
      this.#report(`${name}: ${oneLine(diagnosticEvent.message)}`);
    }
  }

  /** The objects that the engine is working on. */
  inProgress(): ObjectName[] {
    return [...this.#started.values()].flatMap(({ step }) => {
      const { name, namespace = "" } = step.new?.inputs?.metadata ?? {};
      return name === undefined ? [] : [{ kind: kindOfType(step.type), namespace, name }];
    });
  }

  #begin(step: StepMetadata): void {
    const [now] = verbsOf(step) ?? [];
    if (now === undefined) return;
    this.#names.set(step.urn, nameInCluster(step));
    this.#started.set(keyOf(step), { step, since: this.#now() });
    this.#report(`${now} ${describe(step)}`);
  }

  #end(step: StepMetadata): void {
    const [, done] = verbsOf(step) ?? [];
    const start = this.#started.get(keyOf(step))?.since;
    if (done === undefined || start === undefined) return;
    this.#started.delete(keyOf(step));
    this.#log(`${done} ${describe(step)} (${((this.#now() - start) / 1000).toFixed(1)} s)`);
  }

  #fail(step: StepMetadata): void {
    this.#started.delete(keyOf(step));
    this.#log(`failed: ${verbsOf(step)?.[0] ?? step.op} ${describe(step)}`);
  }
}

function keyOf({ op, urn }: StepMetadata): string {
  return `${op} ${urn}`;
}

/** Undefined for components and providers, which are not objects of the cluster. */
function verbsOf({ op, type }: StepMetadata): readonly [string, string] | undefined {
  return /^(ml|pulumi):/.test(type) ? undefined : VERBS[op];
}

function describe(step: StepMetadata): string {
  return `${kindOfType(step.type)} ${nameInCluster(step)}`;
}

/** The object's name in the cluster; the resource's name in the program if it is not an object or has been deleted. */
function nameInCluster({ urn, new: made, old }: StepMetadata): string {
  return (made ?? old)?.inputs?.metadata?.name ?? nameOf(urn);
}

/** The error in an event, with the resource that failed. */
export function errorsOf({ diagnosticEvent }: EngineEvent): string[] {
  if (diagnosticEvent?.severity !== "error") return [];
  const { urn, message } = diagnosticEvent;
  const text = withoutMarkup(message).trim();
  return [urn ? `${describe({ urn, type: typeOf(urn), op: "" })}: ${text}` : text];
}

/** The type in a URN, such as `kubernetes:apps/v1:Deployment`: the end of its third part. */
function typeOf(urn: string): string {
  return urn.split("::")[2]?.split("$").at(-1) ?? "";
}

/** Text without the engine's color markup. */
function withoutMarkup(text: string): string {
  return text.replace(/<\{%[^%]*%\}>/g, "");
}

/** The same on one line. */
function oneLine(text: string): string {
  return withoutMarkup(text).replace(/\s+/g, " ").trim();
}

/**
 * Reads the events that a CLI writes to a file (`--event-log`), one JSON object per line, while it writes them.
 *
 * @param ended aborted when the CLI has ended; events written by then are still read
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
