import { TensorMemory } from "../model/tensor-memory.ts";
import { Overload } from "./overload.ts";
import { BatchScheduler } from "./scheduler.ts";

/** State shared by the batchers of all models of one server. */
export interface BatchingState {
  readonly scheduler: BatchScheduler;
  /** Whether any of them rejects requests. */
  readonly overload: Overload;
  /** Memory for small tensors. */
  readonly memory: TensorMemory;
}

/** The state of a server that has served nothing yet. */
export function createBatchingState(): BatchingState {
  return { scheduler: new BatchScheduler(), overload: new Overload(), memory: new TensorMemory() };
}
