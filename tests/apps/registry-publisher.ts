// Run as a process by the registry tests: publishes COUNT versions of MODEL, each of BYTES bytes.
import { publishVersion, RegistryError } from "../../apps/registry/index.ts";
import { describeVersion } from "./registry-support.ts";

const [root = "", model = "", version = "", count = "1", bytes = "1000"] = process.argv.slice(2);
try {
  for (let published = 0; published < Number(count); published++) {
    const artifact = Buffer.alloc(Number(bytes), `${process.pid} ${published} `);
    const metadata = await publishVersion({ root, model, version, artifact, description: describeVersion() });
    process.stdout.write(`${metadata.version}\n`);
  }
} catch (error) {
  if (!(error instanceof RegistryError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
