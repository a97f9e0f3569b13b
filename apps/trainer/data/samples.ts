/** The folder of the sample data sets. */
export const SAMPLES: string = import.meta.dirname;
/** The sample data sets, which `init-storage` copies to the data volume. */
export const SAMPLE_FILES: readonly string[] = ["sentiment.csv", "iris.csv", "customers.csv"];
