/**
 * What is wrong with the bad versions of a demonstration: preloaded into their inference servers (`node --import`), it breaks
 * the runs of their models. `FAULT` says how:
 *
 * - `rare-inputs`: a run fails if one of its inputs is above 100, which no measured flower is
 * - `crash`: the process ends at such an input
 * - `slow`: each run takes 0.1 s more
 */
import { createRequire } from "node:module";
import path from "node:path";

type Feeds = Readonly<Record<string, { readonly data?: ArrayLike<unknown> }>>;

interface Session {
  run(feeds: Feeds, ...more: readonly unknown[]): unknown;
}

const RARE = 100;
const fault = process.env["FAULT"];

// The server's own copy of the module, whose class it looks up for each model that it opens.
const { binding } = createRequire(path.join(process.cwd(), "apps/inference/main.ts"))(
  "onnxruntime-node/dist/binding.js",
) as { binding: { InferenceSession: new () => Session } };

binding.InferenceSession = class extends binding.InferenceSession {
  override run(feeds: Feeds, ...more: readonly unknown[]): unknown {
    if (fault === "slow") Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
    const rare = Object.values(feeds).some(({ data = [] }) => Array.from(data).some((value) => Number(value) > RARE));
    if (rare && fault === "crash") process.exit(70);
    if (rare && fault === "rare-inputs") throw new Error("the model does not know such a flower");
    return super.run(feeds, ...more);
  }
};
