// Preloaded (node --import) into a publisher: counts all file system operations that change something. At number FAULT_STEP it
// kills the process (FAULT=kill) or fails as on a full disk (FAULT=full). An interrupted write leaves its first half.
// Without FAULT_STEP it prints the number of operations to standard error at the end.
import { writeSync } from "node:fs";
import files, { type FileHandle } from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";

const at = Number(process.env["FAULT_STEP"] ?? 0);
const full = process.env["FAULT"] === "full";
let steps = 0;

/** Counts a step. At the chosen step it calls `half`, and then kills the process or fails. */
function step(half: () => void = () => undefined): void {
  steps += 1;
  if (steps !== at) return;
  half();
  if (full) throw Object.assign(new Error("no space left on device"), { code: "ENOSPC" });
  process.kill(process.pid, "SIGKILL");
  // Blocks until the signal takes effect.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}

// Removing files needs no space, so it succeeds on a full disk.
for (const name of ["mkdir", "chmod", "rename", "rm", "utimes"] as const) {
  const original: (...args: never[]) => unknown = files[name];
  const wrapped = async (...args: never[]) => {
    if (!(full && name === "rm")) step();
    return original(...args);
  };
  Object.defineProperty(files, name, { value: wrapped });
}

const open = files.open;
Object.defineProperty(files, "open", {
  value: async (...args: Parameters<typeof open>) => {
    const writes = args[1] !== "r";
    if (writes) step();
    const handle = await open(...args);
    if (writes) injectIntoHandle(handle);
    return handle;
  },
});
syncBuiltinESMExports();

function injectIntoHandle(handle: FileHandle): void {
  const writeFile = handle.writeFile.bind(handle);
  const sync = handle.sync.bind(handle);
  handle.writeFile = async (content, ...rest) => {
    const bytes = typeof content === "string" || content instanceof Uint8Array ? Buffer.from(content) : Buffer.alloc(0);
    step(() => writeSync(handle.fd, bytes.subarray(0, bytes.length / 2)));
    return writeFile(content, ...rest);
  };
  handle.sync = async () => {
    step();
    return sync();
  };
}

if (at === 0) process.on("exit", () => process.stderr.write(`${steps}\n`));
