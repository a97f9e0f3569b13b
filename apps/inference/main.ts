import { SIGNALS } from "./lifecycle.ts";

// Set before the server's modules are loaded, which is most of the start-up time: process 1 of a container ignores signals
// without a handler, and would be killed only after its grace period.
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
