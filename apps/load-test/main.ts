import { UserError } from "../registry/errors.ts";
import { runClients } from "./client.ts";
import { describe, failures, report } from "./report.ts";
import { readSettings } from "./settings.ts";

/** Runs the load test that the environment describes. Returns the exit code. */
async function main(): Promise<number> {
  const settings = readSettings(process.env);
  const { clients, requests, url } = settings;
  console.log(`load test: ${clients} ${clients === 1 ? "client" : "clients"} × ${requests} requests to ${url.href}`);
  const found = report(await runClients(settings));
  console.log(describe(found));
  console.log(JSON.stringify(found));
  const broken = failures(found, settings);
  for (const line of broken) console.error(`load test failed: ${line}`);
  return broken.length === 0 ? 0 : 1;
}

process.exitCode = await main().catch((error: unknown) => {
  if (!(error instanceof UserError)) throw error;
  console.error(`load test: ${error.message}`);
  return 2;
});
