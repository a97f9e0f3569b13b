/** One measured value. */
export interface Sample {
  readonly metric: string;
  readonly value: number;
  readonly tags: Readonly<Record<string, string>>;
}

/** Kinds of metrics, with the aggregates that a threshold may use. */
export type MetricKind = "counter" | "rate" | "trend";

type Aggregate = (values: readonly number[]) => number;

const sum: Aggregate = (values) => values.reduce((total, value) => total + value, 0);
const AGGREGATES: Record<MetricKind, (name: string) => Aggregate | undefined> = {
  counter: (name) => (name === "count" ? sum : undefined),
  rate: (name) => (name === "rate" ? (values) => values.filter(Boolean).length / values.length : undefined),
  trend: (name) => {
    const percent = name === "med" ? 50 : Number(/^p\((\d+(?:\.\d+)?)\)$/.exec(name)?.[1]);
    return Number.isNaN(percent) ? undefined : (values) => percentile(values, percent);
  },
};

const COMPARISONS: Record<string, (left: number, right: number) => boolean> = {
  "<": (left, right) => left < right,
  "<=": (left, right) => left <= right,
  ">": (left, right) => left > right,
  ">=": (left, right) => left >= right,
  "==": (left, right) => left === right,
  "!=": (left, right) => left !== right,
};

/** Percentile, interpolated between the two nearest ranks as in k6. */
function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const rank = (percent / 100) * (sorted.length - 1);
  const below = sorted[Math.floor(rank)] ?? Number.NaN;
  const above = sorted[Math.ceil(rank)] ?? below;
  return below + (above - below) * (rank % 1);
}

/** The values of a metric, or of its part with some tags: `answers{version:1}`. */
export function valuesOf(samples: readonly Sample[], selector: string): number[] {
  const [, metric, tags] = /^(\w+)(?:\{(.*)\})?$/.exec(selector) ?? [];
  const wanted = (tags?.split(",") ?? []).map((pair) => pair.split(":").map((part) => part.trim()));
  return samples
    .filter((sample) => sample.metric === metric)
    .filter((sample) => wanted.every(([name = "", value]) => sample.tags[name] === value))
    .map(({ value }) => value);
}

/**
 * The exceeded thresholds, as `<metric>: <expression>`.
 *
 * @throws Error if k6 would reject a threshold: unknown metric, or an expression that its kind does not support
 */
export function brokenThresholds(
  thresholds: Readonly<Record<string, readonly string[]>>,
  kinds: ReadonlyMap<string, MetricKind>,
  samples: readonly Sample[],
): string[] {
  return Object.entries(thresholds).flatMap(([selector, expressions]) => {
    const kind = kinds.get(selector.replace(/\{.*$/, ""));
    if (kind === undefined) throw new Error(`there is no metric ${selector}`);
    const values = valuesOf(samples, selector);
    return expressions.filter((text) => !holds(text, kind, values)).map((text) => `${selector}: ${text}`);
  });
}

function holds(expression: string, kind: MetricKind, values: readonly number[]): boolean {
  const [, name = "", comparison = "", bound = ""] =
    /^\s*(\S+?)\s*(<=|>=|==|!=|<|>)\s*(\d+(?:\.\d+)?)\s*$/.exec(expression) ?? [];
  const aggregate = AGGREGATES[kind](name);
  const compare = COMPARISONS[comparison];
  if (aggregate === undefined || compare === undefined) throw new Error(`a ${kind} has no threshold ${expression}`);
  // Without values k6 does not evaluate a threshold, except for a counter, which is 0.
  return (values.length === 0 && kind !== "counter") || compare(aggregate(values), Number(bound));
}
