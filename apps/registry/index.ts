export * from "./errors.ts";
export * from "./layout.ts";
export * from "./lineage.ts";
export * from "./metadata.ts";
export * from "./publish.ts";
export * from "./read.ts";
export * from "./update-index.ts";
