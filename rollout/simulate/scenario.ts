/** Whether a canary should be promoted: it is no worse, worse by its margin or more, or something between. */
export type Truth = "no worse" | "between" | "worse";

/** Failures of single pods that come and go. */
export interface Bursts {
  readonly perPodHour: number;
  readonly seconds: number;
  /** Share of the pod's requests that fail meanwhile. */
  readonly severity: number;
  /** Which version's pods have them. */
  readonly of: "canary" | "both";
}

/** How two versions behave under a rollout. Rates are shares of requests, 0–1. */
export interface Scenario {
  readonly name: string;
  readonly truth: Truth;
  /** Of both versions together. Default: 1000. */
  readonly requestsPerSecond?: number;
  /** Share of the stable version's requests that fail. Default: 0.001. */
  readonly errors?: number;
  /** Share of both versions' requests that are slow. Default: 0.01. */
  readonly slow?: number;
  /** What the canary's share of failures is above the stable version's. Default: 0. */
  readonly moreErrors?: number;
  /** The same for slow requests. Default: 0. */
  readonly moreSlow?: number;
  /** The canary's share of the traffic from which on it has more failures. Default: from the start. */
  readonly fromShare?: number;
  /** Intra-class correlation of a pod's requests in 30 s. Default: 0. */
  readonly correlation?: number;
  readonly bursts?: Bursts;
  /** An outage that both versions share, from the third minute on. */
  readonly outage?: { readonly seconds: number; readonly severity: number };
  /** Rates of both versions rise to this many times within an hour. Default: 1. */
  readonly drift?: number;
  /** Noise of the rates on a logarithmic scale (a Gaussian AR(1)), shared by both versions or independent. */
  readonly noise?: { readonly deviation: number; readonly seconds: number; readonly shared: boolean };
  /** Mean time between two restarts of each canary pod, which lose a read's counts; seconds. */
  readonly restartSeconds?: number;
  /** Share of the canary's failures that restart the pod, which loses the counts of that read, its failures among them. */
  readonly crashes?: number;
  /** Share of the scrapes that fail. Default: 0. */
  readonly missed?: number;
  /** The canary's true share for each unit of its weight. Default: 1. */
  readonly shareFactor?: number;
  /** When the simulation ends; hours. Default: 6. */
  readonly hours?: number;
}

/** Margins of the two goals in every scenario: failed and slow requests. */
export const MARGINS = [0.005, 0.01] as const;

/** Pods of each version: a canary has one, the stable version one for each 100 requests a second, at least three. */
export function podsOf({ requestsPerSecond = 1000 }: Scenario): { readonly canary: number; readonly stable: number } {
  return { canary: 1, stable: Math.max(3, Math.round(requestsPerSecond / 100)) };
}
