import path from "node:path";
import { renderStack } from "../../render/render.ts";
import type { RenderedObject } from "../../render/rendered.ts";

const repository = path.resolve(import.meta.dirname, "../..");

/** The repository's stacks, and the files that define them. */
export const stacks: Readonly<Record<string, readonly string[]>> = {
  dev: ["Pulumi.dev.yaml"],
  prod: ["Pulumi.prod.yaml"],
  ...Object.fromEntries(
    ["ml-workloads", "ml-serving", "mlops-lab", "ml-platform", "ml-course"].map((stack) => [
      stack,
      [`examples/Pulumi.${stack}.yaml`],
    ]),
  ),
};

const renderings = new Map<string, Promise<readonly RenderedObject[]>>();

/** The objects of a stack, without the values of its secrets; rendered once. */
export function objectsOf(stack: string, files = stacks[stack] ?? []): Promise<readonly RenderedObject[]> {
  const key = [stack, ...files].join(" ");
  const known = renderings.get(key);
  if (known !== undefined) return known;
  const rendering = renderStack({
    stack,
    configFiles: files.map((file) => path.join(repository, file)),
  });
  renderings.set(key, rendering);
  return rendering;
}
