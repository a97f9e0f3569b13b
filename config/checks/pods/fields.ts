import { isObject } from "../../../components/kubernetes/api/merge.ts";

/** The fields of a part of a manifest. */
export type Fields = Readonly<Record<string, unknown>>;

/** A part of a manifest; one that is missing has no fields. */
export function fields(value: unknown): Fields {
  return isObject(value) ? value : {};
}

/** The objects of a list; a list that is missing has none. */
export function itemsOf(value: unknown): Fields[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}
