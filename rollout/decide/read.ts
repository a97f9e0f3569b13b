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
  /** Indices of the steps that a person has approved to leave so far. Default: none. */
  readonly approved?: readonly number[];
}
