import type { Lifecycle } from "../lifecycle.ts";
import type { ModelHost } from "../repository/model-repository.ts";
import type { Prediction } from "./prediction.ts";

/** What the routes of an inference protocol need. */
export interface ProtocolDeps {
  readonly host: ModelHost;
  readonly lifecycle: Lifecycle;
  readonly prediction: Prediction;
}
