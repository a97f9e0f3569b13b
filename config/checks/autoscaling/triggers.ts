import keda from "../../../components/kubernetes/api/keda.json" with { type: "json" };
import { suggestion } from "../../../components/kubernetes/api/problems.ts";
import type { KedaTrigger } from "../../../components/kubernetes/autoscaling-args.ts";
import { combined, type Findings } from "../problem.ts";

/** Settings of each kind of trigger, `!` after those that it must have. */
const TRIGGERS: Readonly<Record<string, readonly string[]>> = keda.triggers;

/** Kinds whose needed settings have one name only; of others KEDA's document lists every spelling as needed. */
const ONE_SPELLING = ["cpu", "cron", "memory", "metrics-api", "prometheus"];

/**
 * What KEDA's own document says about triggers. KEDA ignores settings that it does not know, and a newer one may have more kinds
 * and settings, so these are only pointed out.
 *
 * @param filledIn settings that the stack gives to triggers without them
 */
export function checkTriggers(triggers: readonly KedaTrigger[], path: string, filledIn: readonly string[]): Findings {
  return combined(triggers.map((trigger, index) => checkTrigger(trigger, `${path}[${index}]`, filledIn)));
}

function checkTrigger({ type, metadata }: KedaTrigger, path: string, filledIn: readonly string[]): Findings {
  const settings = TRIGGERS[type];
  if (settings === undefined) {
    const other = suggestion(type, Object.keys(TRIGGERS));
    const unknown = { path: `${path}.type`, message: `is no trigger of KEDA ${keda.version}${other}` };
    return other === "" ? { problems: [], notices: [unknown] } : { problems: [unknown], notices: [] };
  }
  const known = settings.map((name) => name.replace("!", ""));
  const needed = ONE_SPELLING.includes(type) ? settings.filter((name) => name.endsWith("!")) : [];
  return {
    problems: needed
      .map((name) => name.slice(0, -1))
      .filter((name) => metadata[name] === undefined && !filledIn.includes(name))
      .map((name) => ({ path: `${path}.metadata.${name}`, message: `is missing; a ${type} trigger needs it` })),
    notices: Object.keys(metadata)
      .filter((name) => !known.includes(name))
      .map((name) => ({
        path: `${path}.metadata.${name}`,
        message: `is no setting of the ${type} trigger of KEDA ${keda.version}, which ignores it${suggestion(name, known)}`,
      })),
  };
}
