import { z } from "zod";
import { nameOf } from "../../engine/pulumi/preview.ts";

/** A policy violation that the preview found. */
export interface Violation {
  /** Whether it prevents the update. */
  readonly mandatory: boolean;
  /** The policy, the object and what is wrong, on one line. */
  readonly text: string;
}

/** @see pulumi/sdk `apitype/events.go`, PolicyEvent */
const Event = z.looseObject({
  policyEvent: z
    .looseObject({
      resourceUrn: z.string().optional(),
      message: z.string(),
      policyName: z.string(),
      enforcementLevel: z.string(),
    })
    .optional(),
});

/** The policy violations in the engine's event log, each once; `pulumi preview --json` leaves them out. */
export function readViolations(eventLog: string): Violation[] {
  const lines = eventLog.split("\n").filter((line) => line.includes('"policyEvent"'));
  const found = lines.flatMap((line) => {
    const event = parseEvent(line)?.policyEvent;
    if (event === undefined) return [];
    const message = event.message
      .replaceAll(/<\{%[^%]*%\}>/g, "")
      .replaceAll(/\s+/g, " ")
      .trim();
    const object = event.resourceUrn ? `${nameOf(event.resourceUrn)}: ` : "";
    return [
      { mandatory: event.enforcementLevel === "mandatory", text: `policy ${event.policyName}: ${object}${message}` },
    ];
  });
  return [...new Map(found.map((violation) => [violation.text, violation])).values()];
}

/** One line of the log; undefined for a last line that was cut off when the CLI ended. */
function parseEvent(line: string): z.infer<typeof Event> | undefined {
  try {
    return Event.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}
