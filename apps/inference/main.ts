import { run } from "./run.ts";
import { readSettings, type Settings, SettingsError } from "./settings.ts";

function settingsOrExit(): Settings {
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
