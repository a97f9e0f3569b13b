/** The folder of the data sets that ship with the trainer. */
export const SAMPLES: string = import.meta.dirname;
/** The data sets in it that belong on the data volume. */
export const SAMPLE_FILES: readonly string[] = ["sentiment.csv", "iris.csv", "customers.csv"];
