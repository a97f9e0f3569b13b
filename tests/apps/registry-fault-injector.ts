// Preloaded (node --import) into a publisher: counts every step that changes the file system, and at step SABOTAGE_AT
// kills the process (SABOTAGE=kill) or lets the step fail as on a full disk (SABOTAGE=full). A write that is cut off
// leaves its first half. Without SABOTAGE_AT the number of steps is told on standard error when the process ends.
import { writeSync } from "node:fs";
import files, { type FileHandle } from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";

const at = Number(process.env["SABOTAGE_AT"] ?? 0);
const full = process.env["SABOTAGE"] === "full";
let steps = 0;

/** Counts a step; at the chosen one it does `half` of it and then ends or fails. */
function step(half: () => void = () => undefined): void {
  steps += 1;
  if (steps !== at) return;
  half();
  if (full) throw Object.assign(new Error("no space left on device"), { code: "ENOSPC" });
  process.kill(process.pid, "SIGKILL");
  // The signal may take effect a moment later: nothing more may happen until then.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}

// Removing needs no space, so a full disk never stops it.
for (const name of ["mkdir", "chmod", "rename", "rm", "utimes"] as const) {
  const original: (...args: never[]) => unknown = files[name];
  const sabotaged = async (...args: never[]) => {
    if (!(full && name === "rm")) step();
    return original(...args);
  };
  Object.defineProperty(files, name, { value: sabotaged });
}

const open = files.open;
Object.defineProperty(files, "open", {
  value: async (...args: Parameters<typeof open>) => {
    const writes = args[1] !== "r";
    if (writes) step();
    const handle = await open(...args);
    if (writes) sabotageHandle(handle);
    return handle;
  },
});
syncBuiltinESMExports();

function sabotageHandle(handle: FileHandle): void {
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
