import type { Crew } from "../workers/worker-group.ts";
import { type TreeOptions, trainTree } from "./forest.ts";
import type { TreeData } from "./split-search.ts";
import type { Tree } from "./tree.ts";
import { concatenate, encodeTrees, orderTrees } from "./tree-shares.ts";

/**
 * Grows a forest, every worker its trees; the forest is the same, bit for bit, however many there are.
 *
 * @param step name of the step, unique in the run
 * @param onTree told after every tree grown here, with how many of how many there are, and waited for
 */
export async function growForest(
  data: TreeData,
  options: TreeOptions & { readonly trees: number; readonly seed: number },
  crew: Crew,
  step: string,
  onTree: (done: number, own: number) => void | Promise<void> = () => undefined,
): Promise<Tree[]> {
  const grow = async (worker: number): Promise<Tree[]> => {
    const own = Math.ceil((options.trees - worker) / crew.size);
    const trees: Tree[] = [];
    for (let index = worker; index < options.trees; index += crew.size) {
      trees.push(trainTree(data, options, options.seed, index));
      await onTree(trees.length, own);
    }
    return trees;
  };
  if (crew.size === 1) return grow(0);
  return orderTrees(await crew.combine(step, async (worker) => encodeTrees(await grow(worker)), concatenate));
}
