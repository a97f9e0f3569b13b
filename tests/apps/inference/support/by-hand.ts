import { expect } from "chai";
import { startTestServer, type TestServer, type TestServerOptions, until } from "./server.ts";

/** A server of a whole registry that a test writes while the server runs. */
export function startEmpty(
  env: Record<string, string> = {},
  more: Partial<TestServerOptions> = {},
): Promise<TestServer> {
  return startTestServer({
    model: "pair",
    published: [],
    wait: false,
    env: { MODEL_NAME: "*", MODEL_VERSION: "latest", MODEL_CONTROL: "poll", MODEL_POLL_SECONDS: "0.02", ...env },
    ...more,
  });
}

/** Waits until the log says, in one line, why a directory cannot be served, and checks that the server is not ready. */
export async function saysOf(server: TestServer, directory: string, reason: string | RegExp): Promise<void> {
  const matches = (text: string) => (typeof reason === "string" ? text.endsWith(reason) : reason.test(text));
  const reasons = () => server.log.flatMap((line): string[] => JSON.parse(line).reason ?? []);
  // While the directory is being written there are other reasons.
  const said = await until(() => reasons().find((text) => text.includes(directory) && matches(text)));
  expect(said).to.match(/^[^\n]*$/);
  expect((await server.get("/ready")).status).to.equal(503);
}
