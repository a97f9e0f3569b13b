import { isDeepStrictEqual } from "node:util";
import { milliUnits as thousandths } from "../../components/kubernetes/quantity.ts";
import type { FieldPath } from "./path.ts";

/** Maps whose values are quantities, and fields that are quantities. */
const QUANTITY_MAPS =
  /^(requests|limits|hard|capacity|allocatable|max|min|default|defaultRequest|maxLimitRequestRatio|overhead)$/;
const QUANTITIES = /^(sizeLimit|divisor|averageValue|storage)$/;

/** Whether two values mean the same: missing and empty, `80` and `"80"`, or `1000m` and `1` in a quantity. */
export function sameValue(path: FieldPath, a: unknown, b: unknown): boolean {
  if (isDeepStrictEqual(a, b) || (isEmpty(a) && isEmpty(b))) return true;
  if (!isScalar(a) || !isScalar(b)) return false;
  return String(a) === String(b) || (isQuantity(path) && sameQuantity(String(a), String(b)));
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || (typeof value === "object" && Object.keys(value).length === 0);
}

function isScalar(value: unknown): value is string | number {
  return typeof value === "string" || typeof value === "number";
}

function isQuantity(path: FieldPath): boolean {
  const [map, field] = path.slice(-2);
  if (path[0] === "metadata" || typeof field !== "string") return false;
  return QUANTITIES.test(field) || (typeof map === "string" && QUANTITY_MAPS.test(map));
}

function sameQuantity(a: string, b: string): boolean {
  try {
    return thousandths(a) === thousandths(b);
  } catch {
    return false;
  }
}
