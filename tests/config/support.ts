import { ConfigError, validateConfig } from "../../config/index.ts";

export type Settings = Readonly<Record<string, unknown>>;

/** A minimal valid stack, with some settings replaced. */
export function stackWith(settings: Settings): Settings {
  return {
    environment: "test",
    images: { inference: "inference:1", trainer: "trainer:1" },
    namespace: { name: "ml" },
    storage: { models: { size: "1Gi" } },
    ...settings,
  };
}

/** The mistakes in a stack, one line each: `<path>: <message>`. */
export function problemsOf(settings: Settings): string[] {
  try {
    validateConfig(stackWith(settings), "test");
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split("\n").map((line) => line.replace("test: ", ""));
    throw error;
  }
  return [];
}
