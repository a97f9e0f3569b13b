import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { stringify } from "yaml";
import { renderStack } from "../render/render.ts";
import type { Measurement } from "./measurement.ts";

/** The settings of a stack with `count` models, each with two versions and a route. */
export function manyModels(count: number): object {
  const settings = {
    environment: "bench",
    canaryWeight: 10,
    images: { inference: "inference:1", trainer: "trainer:1" },
    namespace: { name: "many-models" },
    storage: { models: { size: "1Gi" } },
    gateway: { name: "gateway", namespace: "gateway-system", implementation: "traefik" },
    models: Array.from({ length: count }, (_, index) => ({
      model: `model-${index}`,
      versions: ["1", "2"].map((version) => ({
        version,
        autoscaling: { minReplicas: 2, maxReplicas: 4 },
        disruptionBudget: { minAvailable: 1 },
      })),
      traffic: { path: `/model-${index}`, stable: "1", canary: "2" },
    })),
  };
  return { config: Object.fromEntries(Object.entries(settings).map(([key, value]) => [`ml-platform:${key}`, value])) };
}

/**
 * Times the rendering of stacks with many models, and shows that it is linear: the bound of a size is proportional to its number
 * of models.
 *
 * @param rounds how often each size is rendered, in turn; the fastest run counts
 */
export async function measureRender(rounds = 3): Promise<Measurement[]> {
  const folder = await mkdtemp(path.join(tmpdir(), "ml-platform-bench-"));
  const sizes = [100, 200, 400];
  const fastest = new Map<number, number>();
  try {
    for (const size of sizes) await writeFile(path.join(folder, `${size}.yaml`), stringify(manyModels(size)));
    for (let round = 0; round < rounds; round += 1) {
      for (const size of sizes) {
        const start = performance.now();
        await renderStack({ stack: "many", configFiles: [path.join(folder, `${size}.yaml`)] });
        const seconds = (performance.now() - start) / 1000;
        fastest.set(size, Math.min(seconds, fastest.get(size) ?? seconds));
      }
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  const base = fastest.get(100) ?? 0;
  return sizes.map((size) => ({
    name: `render, ${size} models of 2 versions`,
    seconds: fastest.get(size) ?? 0,
    bound: size === 100 ? 5 : Math.round(base * size) / 100,
  }));
}
