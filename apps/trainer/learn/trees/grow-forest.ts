import type { WorkerGroup } from "../workers/worker-group.ts";
import { type TreeOptions, trainTree } from "./forest.ts";
import type { TreeData } from "./split-search.ts";
import type { Tree } from "./tree.ts";
import { concatenate, encodeTrees, orderTrees } from "./tree-shares.ts";

/**
 * Grows a forest; each worker grows some of its trees. The result is bit-identical for any number of workers.
 *
 * @param step name of the step, unique within the run
 * @param onTree called and awaited after every tree that this process has grown, with the number of trees so far and the
 *   number it has to grow
 */
export async function growForest(
  data: TreeData,
  options: TreeOptions & { readonly trees: number; readonly seed: number },
  workers: WorkerGroup,
  step: string,
  onTree: (done: number, own: number) => void | Promise<void> = () => undefined,
): Promise<Tree[]> {
  const grow = async (worker: number): Promise<Tree[]> => {
    const own = Math.ceil((options.trees - worker) / workers.size);
    const trees: Tree[] = [];
    for (let index = worker; index < options.trees; index += workers.size) {
      trees.push(trainTree(data, options, options.seed, index));
      await onTree(trees.length, own);
    }
    return trees;
  };
  if (workers.size === 1) return grow(0);
  return orderTrees(await workers.combine(step, async (worker) => encodeTrees(await grow(worker)), concatenate));
}
