import path from "node:path";

/** The folder of the data sets that ship with the trainer. */
export const SAMPLES: string = path.join(import.meta.dirname, "data");
/** The data sets in it that belong on the data volume. */
export const SAMPLE_FILES: readonly string[] = ["sentiment.csv", "iris.csv", "customers.csv"];
