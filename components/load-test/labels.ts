/** Labels of a load test's Job and pods. */
export const LOAD_TEST_LABELS: Readonly<Record<string, string>> = { "job-type": "load-test", component: "load-test" };
