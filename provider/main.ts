import * as pulumi from "@pulumi/pulumi";
import manifest from "./package.json" with { type: "json" };
import { Platform } from "./platform.ts";
import { PLATFORM, packageSchema } from "./schema.ts";

// Started by Pulumi's language host, which passes the engine's address. The server runs until the engine ends this process.
void pulumi.provider.main(
  {
    version: manifest.version,
    getSchema: async () => JSON.stringify(packageSchema(manifest)),
    construct: async (name, type, inputs, options) => {
      if (type !== PLATFORM) throw new Error(`there is no component ${type}; this package has ${PLATFORM}`);
      const { urn, namespaceName, cost } = new Platform(name, inputs, options);
      return { urn, state: { namespaceName, cost } };
    },
  },
  process.argv.slice(2),
);
