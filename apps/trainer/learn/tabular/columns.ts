/** The features of a table by column. */
export interface TabularColumns {
  readonly rows: number;
  /** One array per numeric column, with one value per row; NaN for an empty field. */
  readonly numbers: readonly Float32Array[];
  /** One list per categorical column, with one value per row; "" for an empty field. */
  readonly words: readonly (readonly string[])[];
  /** By categorical column: the values that can be categories, if others are too rare; undefined for all. Default: all. */
  readonly frequent?: readonly (ReadonlySet<string> | undefined)[];
}
