const FACTORS: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  "": 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/**
 * A Kubernetes quantity: a decimal number with a suffix or an exponent.
 *
 * @see https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
 */
export const QUANTITY = /^\+?([0-9]+\.?[0-9]*|\.[0-9]+)(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][-+]?[0-9]{1,2})?$/;

/**
 * A Kubernetes quantity in thousandths of its unit, so that sums of CPUs are whole numbers: `250m` is 250, `1Gi` is
 * 1024³ × 1000.
 *
 * @throws RangeError if the text is not a quantity
 */
export function milliUnits(quantity: string): number {
  const [, amount = "", unit = ""] = QUANTITY.exec(quantity) ?? [];
  const factor = /^[eE][-+0-9]/.test(unit) ? Number(`1${unit}`) : FACTORS[unit];
  if (amount === "" || factor === undefined) throw new RangeError(`"${quantity}" is not a quantity`);
  return Math.round(Number(amount) * factor * 1000);
}

/** A quantity as text; undefined for any other value. */
export function quantityOf(value: unknown): string | undefined {
  const text = typeof value === "number" ? String(value) : value;
  return typeof text === "string" && /^[0-9]+(\.[0-9]+)?[A-Za-z]*$/.test(text) && isUnit(text) ? text : undefined;
}

function isUnit(text: string): boolean {
  return Object.hasOwn(FACTORS, text.replace(/^[0-9.]+/, ""));
}

const BINARY = ["Ti", "Gi", "Mi", "Ki"] as const;

/** An amount as people write it: memory and storage in Gi or Mi, anything else as a plain number. */
export function formatMilliUnits(resource: string, value: number): string {
  const number = value / 1000;
  if (!/memory|storage/.test(resource)) return String(Number(number.toFixed(3)));
  const unit = BINARY.find((candidate) => number >= (FACTORS[candidate] ?? 1));
  return unit === undefined ? String(number) : `${Number((number / (FACTORS[unit] ?? 1)).toFixed(2))}${unit}`;
}

/** A size in bytes as text such as `10Mi`, with the largest unit that has no fraction. */
export function sizeText(size: number): string {
  const unit = BINARY.find((candidate) => size >= (FACTORS[candidate] ?? 1) && size % (FACTORS[candidate] ?? 1) === 0);
  return unit === undefined ? String(size) : `${size / (FACTORS[unit] ?? 1)}${unit}`;
}

/** Bytes of a size such as `10Mi`. */
export function bytes(size: string): number {
  return milliUnits(size) / 1000;
}
