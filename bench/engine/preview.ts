import { mkdir } from "node:fs/promises";
import path from "node:path";
import { Session } from "../../engine/pulumi/session.ts";
import { Workspace } from "../../engine/pulumi/workspace.ts";
import { renderStack } from "../../render/render.ts";
import { ensureTool } from "../../tests/tools/index.ts";
import { measured, seconds, type Usage } from "./processes.ts";
import { writeKubeconfig, writeStack } from "./stack.ts";

/** Cost of a preview of a new stack, and of the runs that it is compared with. */
export interface PreviewMeasurement {
  /** Number of models, each with two versions. */
  readonly models: number;
  /** Resources that the engine registers, including components. */
  readonly resources: number;
  readonly preview: Usage;
  /**
   * A preview of a program with the same number of small ConfigMaps: the minimum cost of the engine and the SDK for any
   * program.
   */
  readonly floor: Usage;
  /** `npm run render` of the same stack, without the engine. */
  readonly render: Usage;
}

const IMAGES = { inference: "localhost/inference:1", trainer: "localhost/trainer:1" };
const FLOOR = path.join(import.meta.dirname, "floor");

/**
 * Previews new stacks of the given sizes, without a cluster. Builds the Pulumi CLI if the machine has none.
 *
 * @param folder for the stacks' files and state
 */
export async function measurePreviews(
  folder: string,
  sizes: readonly number[],
  report: (line: string) => void,
): Promise<PreviewMeasurement[]> {
  await ensureTool("pulumi", report);
  const cluster = { kubeconfig: await writeKubeconfig(folder), identifier: "nowhere" };
  const measurements: PreviewMeasurement[] = [];
  for (const models of sizes) {
    const file = await writeStack(folder, models);
    const deployment = { configFiles: [file], images: IMAGES, cluster };
    const stackFolder = path.join(folder, `${models}`);
    await mkdir(stackFolder);
    const workspace = new Workspace(stackFolder);
    await workspace.write("many", deployment);
    const session = await Session.open(workspace, "many", report);
    const settings = `--config-file=${workspace.stackFile("many")}`;

    report(`preview of ${models} models`);
    const { result, usage: preview } = await measured(() => session.run(["preview", "--json", settings]));
    const resources = (JSON.parse(result) as { steps: readonly unknown[] }).steps.length;
    report(`preview of ${resources} ConfigMaps`);
    process.env["FLOOR_RESOURCES"] = `${resources - 2}`;
    const { usage: floor } = await measured(() => session.run(["preview", "--json", `--cwd=${FLOOR}`, settings]));
    report(`rendering of ${models} models`);
    const overrides = { images: IMAGES, cluster };
    const { usage: render } = await measured(() => renderStack({ stack: "many", configFiles: [file], overrides }));
    report(`${models} models: preview ${seconds(preview)}, ConfigMaps ${seconds(floor)}, rendering ${seconds(render)}`);
    measurements.push({ models, resources, preview, floor, render });
  }
  return measurements;
}
