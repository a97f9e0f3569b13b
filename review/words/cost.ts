import { type CostEstimate, estimateCost, type ResolvedStack } from "../../config/index.ts";
import { code, table } from "../text/markdown.ts";

type Range = CostEstimate["perMonth"];

/**
 * The stack's monthly cost before and after, from the minimum to the maximum number of pods, and the parts that
 * cause the difference, as Markdown.
 *
 * @param absent text for a missing before side: "none" or "not known"
 */
export function describeCost(before: ResolvedStack | undefined, after: ResolvedStack, absent: string): string[] {
  const is = estimateCost(after);
  const was = before === undefined ? undefined : estimateCost(before);
  if (was === undefined) return [`**A month:** ${absent} → ${amount(is.perMonth, is.currency)}`];
  const total = `**A month:** ${amount(was.perMonth, was.currency)} → ${amount(is.perMonth, is.currency)}`;
  const lines = differing(was, is);
  if (was.currency !== is.currency) return [total, "", ...lines];
  const same = isSame(was.perMonth, is.perMonth);
  return [`${total}${same ? " (unchanged)" : ` (${difference(was.perMonth, is.perMonth)})`}`, "", ...lines];
}

function differing(was: CostEstimate, is: CostEstimate): string[] {
  const months = pairs(
    was.parts.map((part) => [part.name, part]),
    is.parts.map((part) => [part.name, part]),
  )
    .filter(([, from, to]) => from === undefined || to === undefined || !isSame(from, to))
    .map(([name, from, to]) => [code(name), cell(from && amount(from)), cell(to && amount(to))]);
  const hours = pairs(Object.entries(was.jobsPerHour), Object.entries(is.jobsPerHour))
    .filter(([, from, to]) => from !== to)
    .map(([name, from, to]) => [`Job ${code(name)}, each hour that it runs`, cell(from), cell(to)]);
  const rows = [...months, ...hours];
  return rows.length === 0 ? [] : table(["part", "before", "after"], rows);
}

/** Values of both sides by name, in the order of the names' first appearance. */
function pairs<T>(
  before: readonly (readonly [string, T])[],
  after: readonly (readonly [string, T])[],
): [string, T | undefined, T | undefined][] {
  const [was, is] = [new Map(before), new Map(after)];
  return [...new Set([...was.keys(), ...is.keys()])].map((name) => [name, was.get(name), is.get(name)]);
}

function amount({ minimum, maximum }: Range, currency?: string): string {
  const range = minimum === maximum ? money(minimum) : `${money(minimum)}–${money(maximum)}`;
  return currency === undefined ? range : `${range} ${code(currency)}`;
}

function difference(was: Range, is: Range): string {
  const [least, most] = [is.minimum - was.minimum, is.maximum - was.maximum].map(signed);
  return least === most ? `${least}` : `${least} at least, ${most} at most`;
}

function signed(value: number): string {
  const rounded = money(Math.abs(value));
  return Number(rounded) === 0 ? "±0" : `${value < 0 ? "−" : "+"}${rounded}`;
}

function money(value: number): string {
  return value.toFixed(2);
}

function isSame(a: Range, b: Range): boolean {
  return a.minimum === b.minimum && a.maximum === b.maximum;
}

function cell(value: string | number | undefined): string {
  return value === undefined ? "none" : String(value);
}
