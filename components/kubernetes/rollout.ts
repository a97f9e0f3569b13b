import { defaults } from "../defaults/defaults.ts";
import { withDefaults } from "../defaults/with-defaults.ts";

/** How the pods of a Deployment are replaced by those of its next revision. */
export interface RolloutArgs {
  /** Pods above the wanted number while rolling. @default 1 */
  readonly maxSurge?: number | string;
  /** Pods below the wanted number while rolling. @default 0 */
  readonly maxUnavailable?: number | string;
  /**
   * Seconds the server keeps answering after SIGTERM, so that gateways that still send it requests lose none. Only the
   * project's own server reads it.
   *
   * @default 5; 0 for an own image
   */
  readonly drainSeconds?: number;
  /**
   * Seconds from SIGTERM to SIGKILL; above `drainSeconds` and `preStopSeconds` together.
   * @default 30 for a model version, 45 for the API gateway
   */
  readonly terminationGracePeriodSeconds?: number;
  /** Seconds to wait before SIGTERM is sent. @default 0, since the server drains by itself; 5 for an own image */
  readonly preStopSeconds?: number;
  /** Revisions kept for `kubectl rollout undo`. @default 10 */
  readonly revisionHistoryLimit?: number;
}

/**
 * The rollout of a model version with every default filled in.
 *
 * @param ownImage whether the server is another one than the project's, which may stop at once on SIGTERM
 */
export function resolveRollout(rollout: RolloutArgs = {}, ownImage = false): Required<RolloutArgs> {
  const fallback = ownImage ? { ...defaults.version.rollout, ...defaults.ownServer.rollout } : defaults.version.rollout;
  return withDefaults<RolloutArgs, keyof RolloutArgs>(fallback, rollout);
}

/** Pods that a rollout adds to a number of replicas. */
export function surgePods(replicas: number, { maxSurge }: { readonly maxSurge: number | string }): number {
  if (replicas === 0) return 0;
  // Kubernetes rounds a percentage up.
  return typeof maxSurge === "number" ? maxSurge : Math.ceil((replicas * Number.parseFloat(maxSurge)) / 100);
}
