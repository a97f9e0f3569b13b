import { SIGNALS } from "./signals.ts";

// Before the server itself is loaded, which takes longer than all the rest of a start: process 1 of a container ignores a
// signal that it has no handler for, and would be killed only when its grace period is over.
for (const signal of SIGNALS) {
  process.on(signal, () => process.exit(0));
}

const [{ run }, { readSettings, SettingsError }] = await Promise.all([import("./run.ts"), import("./settings.ts")]);

function settingsOrExit() {
  try {
    return readSettings(process.env);
  } catch (error) {
    if (error instanceof SettingsError) {
      console.error(error.message);
      process.exit(1);
    }
    throw error;
  }
}

await run(settingsOrExit());
