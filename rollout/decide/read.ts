/** Requests that a goal looks at, and how many of them were bad. */
export interface GoalCounts {
  readonly bad: number;
  readonly total: number;
}

/** What one version did between two reads: increases of its counters. */
export interface VersionCounts {
  readonly requests: number;
  /** One entry a goal, in the order of the plan. */
  readonly goals: readonly GoalCounts[];
  /** Pods that served the version. Default: 1. */
  readonly pods?: number;
  /** Whether a counter started again in between, so that some of its increase is lost. Default: false. */
  readonly reset?: boolean;
}

/** State of a version's pods. */
export interface Health {
  /** Pods that the version should have. */
  readonly pods: number;
  readonly ready: number;
  /** Restarts of the containers of the pods that it has. */
  readonly restarts: number;
  /** What keeps a pod from being ready, in words. */
  readonly trouble?: string;
}

/** One look at the evidence: the time since the look before, and the increases of every version's counters. */
export interface Read {
  /** When it was taken; milliseconds since 1970. */
  readonly at: number;
  /** Time that the counts cover; seconds. */
  readonly seconds: number;
  /** Weight of each version while the counts were taken, in any unit; shares are computed from them. */
  readonly weights: Readonly<Record<string, number>>;
  /** Increases by version. Absent: there is no evidence, and `missing` says why. */
  readonly counts?: Readonly<Record<string, VersionCounts>>;
  /** Why there are no counts, in words. */
  readonly missing?: string;
  /** By version. Absent: unknown. */
  readonly health?: Readonly<Record<string, Health>>;
  /** Indices of the steps that a person has approved to leave so far. Default: none. */
  readonly approved?: readonly number[];
  /** Why a person has frozen the rollout. Absent: it is not frozen. */
  readonly frozen?: string;
}
