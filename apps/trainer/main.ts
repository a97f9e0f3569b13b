import "./young-generation.ts";

// Imported dynamically, so that it is loaded after the heap is configured.
await import("./program.ts");
