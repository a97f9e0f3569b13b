import { emit } from "../vu-context.ts";

/** Whether all checks pass for a value. Each is recorded in the metric `checks`. */
export function check<T>(value: T, checks: Readonly<Record<string, (value: T) => boolean>>): boolean {
  const results = Object.entries(checks).map(([name, holds]) => {
    const isGood = Boolean(holds(value));
    emit("checks", isGood, { check: name });
    return isGood;
  });
  return results.every(Boolean);
}

/** Blocks the virtual user. */
export function sleep(seconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, seconds * 1000);
}
