/** How a data file is read; everything that is not given is found out from the file. */
export interface ReadOptions {
  /** A label of the WHATWG Encoding Standard, such as `windows-1252`. Default: UTF-8, UTF-16, otherwise Windows-1252. */
  readonly encoding?: string | undefined;
  /** Character between the fields of a CSV file. Default: the one of `,` `;` tab and `|` that divides the lines evenly. */
  readonly separator?: string | undefined;
  /** Decimal separator of numbers. Default: by the numbers of the file. */
  readonly decimal?: "." | "," | undefined;
  /** Words for a missing value, besides the common ones. */
  readonly missing?: readonly string[] | undefined;
}
