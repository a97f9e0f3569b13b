import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Context } from "mocha";
import { type BrowserContext, chromium } from "playwright-core";
import { needPackages } from "./needs.ts";

const PROGRAM = "/usr/bin/chromium";

/** No background activity of the browser: no updates, no synchronization, no lookups. */
const QUIET = [
  ...["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-dev-shm-usage"],
  ...["--disable-background-networking", "--disable-component-update", "--disable-sync"],
];

/** Debian's Chromium with a new profile, installed if it is missing; skips the test with the reason if that fails. */
export async function browser(test: Context): Promise<{ context: BrowserContext; close: () => Promise<void> }> {
  await needPackages(test, ["chromium"]);
  const profile = await mkdtemp(path.join(tmpdir(), "chromium-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: PROGRAM,
    headless: true,
    args: QUIET,
    timeout: 120_000,
  });
  return {
    context,
    async close() {
      await context.close();
      await rm(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    },
  };
}
