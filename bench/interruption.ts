import { UserError } from "../common/errors.ts";

/**
 * Rejects on the first Ctrl-C, so that what was created is deleted; the second ends the process at once.
 *
 * The listener stays: with none left but its own, execa ends this process with the commands that it runs.
 */
export function interruption(): Promise<never> {
  const interrupted = new Promise<never>((_, reject) => {
    let before = false;
    process.on("SIGINT", () => {
      if (before) process.exit(130);
      before = true;
      reject(new UserError("interrupted", "start it again"));
    });
  });
  // Between two measurements nobody listens.
  interrupted.catch(() => undefined);
  return interrupted;
}
