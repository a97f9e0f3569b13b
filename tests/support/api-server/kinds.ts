import { waitFor } from "../../../common/wait.ts";
import { publishedCustomKinds } from "../../schemas.ts";
import type { ApiClient } from "./client.ts";

/** The custom kinds of the stacks; waits until the API server serves them. */
export async function installKinds(client: ApiClient): Promise<void> {
  const definitions = await publishedCustomKinds();
  for (const definition of definitions) {
    const { status, body } = await client.apply(definition, { dryRun: false });
    if (status >= 300) throw new Error(`${definition.metadata.name}: ${JSON.stringify(body)}`);
  }
  for (const { spec } of definitions) {
    const served = spec.versions.filter((version) => version.served).map(({ name }) => `${spec.group}/${name}`);
    const isServed = async () =>
      (await Promise.all(served.map((version) => client.has(version, spec.names.kind)))).every(Boolean) || undefined;
    await waitFor(isServed, { interval: 100 });
  }
}
