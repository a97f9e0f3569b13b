import language, { type RunPluginResponse } from "@pulumi/pulumi/proto/language_pb.js";

/** Variables by name, of entries of the form `NAME=value`. */
export function environment(entries: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    entries.map((entry): [string, string] => {
      const [name = "", value = ""] = entry.split(/=(.*)/s, 2);
      return [name, value];
    }),
  );
}

/** Output of a plugin for the engine. */
export function stdout(text: string | Buffer): RunPluginResponse {
  const message = new language.RunPluginResponse();
  message.setStdout(Buffer.from(text));
  return message;
}

/** Error output of a plugin for the engine. */
export function stderr(data: Buffer): RunPluginResponse {
  const message = new language.RunPluginResponse();
  message.setStderr(data);
  return message;
}
