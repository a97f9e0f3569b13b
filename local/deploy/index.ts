import type { DeployOptions } from "./options.ts";
import { deployRendered } from "./rendered.ts";

export type { DeployOptions } from "./options.ts";

/** What a deployment did. */
export interface Deployed {
  /** What deployed the stack, in a sentence for the person who started it. */
  readonly engine: string;
  /** What changed, one line for each object; none where everything was as it should be. */
  readonly changes: readonly string[];
}

/**
 * Deploys a stack.
 *
 * @throws UserError for what the person can mend
 */
export async function deployStack(options: DeployOptions): Promise<Deployed> {
  return {
    engine: "There is no Pulumi CLI here: the rendered stack was applied with kubectl.",
    changes: await deployRendered(options),
  };
}
