import "./young-generation.ts";

// Not above: it is to be loaded into a heap that is set already.
await import("./program.ts");
