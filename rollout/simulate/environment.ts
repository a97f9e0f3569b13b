import { type Draws, drawsFrom } from "./random.ts";
import { type Bursts, podsOf, type Scenario } from "./scenario.ts";

/** Requests, failed and slow ones. */
export interface Counts {
  requests: number;
  readonly bad: [errors: number, slow: number];
}

/** What both versions did in a stretch of time. */
export interface Stretch {
  readonly canary: Counts;
  readonly stable: Counts;
  /** Whether a canary pod restarted, so that its counts are incomplete. */
  readonly reset: boolean;
  /** Requests that the canary really answered, those with lost counts among them. */
  readonly exposure: number;
}

interface PodState {
  burstUntil: number;
  nextBurst: number;
  noise: number;
  /** Rates of the requests that are correlated, and until when they stay. */
  rates: readonly [number, number];
  ratesUntil: number;
}

/** Requests of a pod are correlated within so many seconds. */
const EPOCH = 30;

/**
 * The world of one run. Two environments from one seed have the same outages and drift; what they draw besides depends on the
 * weights that a rule sets.
 */
export class Environment {
  readonly #scenario: Scenario;
  readonly #draws: Draws;
  readonly #canaryPods: PodState[];
  readonly #stablePods: PodState[];
  readonly #common: { noise: number } = { noise: 0 };
  #seconds = 0;

  constructor(scenario: Scenario, seed: number) {
    this.#scenario = scenario;
    this.#draws = drawsFrom(seed);
    const pods = (count: number, bursts: boolean) =>
      Array.from({ length: count }, () => ({
        burstUntil: 0,
        nextBurst: bursts ? this.#wait() : Number.POSITIVE_INFINITY,
        noise: this.#draws.normal(),
        rates: [0, 0] as const,
        ratesUntil: 0,
      }));
    this.#common.noise = this.#draws.normal();
    this.#canaryPods = pods(podsOf(scenario).canary, scenario.bursts !== undefined);
    this.#stablePods = pods(podsOf(scenario).stable, scenario.bursts?.of === "both");
  }

  /** Simulated time; seconds. */
  get seconds(): number {
    return this.#seconds;
  }

  /** Pods of each version. */
  get pods(): { readonly canary: number; readonly stable: number } {
    return podsOf(this.#scenario);
  }

  get draws(): Draws {
    return this.#draws;
  }

  /** The stable version alone, before the rollout. */
  history(seconds: number): Counts {
    const { requestsPerSecond = 1000 } = this.#scenario;
    const requests = this.#draws.poisson(requestsPerSecond * seconds);
    const [errors, slow] = this.#bases();
    return { requests, bad: [this.#draws.binomial(requests, errors), this.#draws.binomial(requests, slow)] };
  }

  /** Time goes on by `seconds` with the canary at this share. */
  advance(seconds: number, share: number): Stretch {
    let stretch = this.#advance(Math.min(seconds, EPOCH), share);
    for (let left = seconds - EPOCH; left > 0; left -= EPOCH) {
      stretch = mergeStretches(stretch, this.#advance(Math.min(left, EPOCH), share));
    }
    return stretch;
  }

  #advance(seconds: number, share: number): Stretch {
    const scenario = this.#scenario;
    const { requestsPerSecond = 1000, shareFactor = 1 } = scenario;
    const requests = requestsPerSecond * seconds * (0.8 + 0.4 * this.#draws.uniform());
    const trueShare = Math.min(1, share * shareFactor);
    const factor = this.#commonFactor(seconds);
    const outage = this.#outage();
    const worse = scenario.fromShare === undefined || share >= scenario.fromShare - 1e-9;
    const extra: [number, number] = worse ? [scenario.moreErrors ?? 0, scenario.moreSlow ?? 0] : [0, 0];
    const none: [number, number] = [0, 0];
    const canary = this.#serve(this.#canaryPods, requests * trueShare, { seconds, factor, outage, extra });
    const stable = this.#serve(this.#stablePods, requests * (1 - trueShare), { seconds, factor, outage, extra: none });
    this.#seconds += seconds;
    const exposure = canary.requests;
    const reset = this.#restarts(canary, seconds);
    // The counter starts at 0 within the stretch: what came before is lost, the failure that ended the process included.
    if (reset) {
      const rest = this.#draws.uniform();
      canary.requests = this.#draws.binomial(canary.requests, rest);
      canary.bad[0] = this.#draws.binomial(Math.max(0, canary.bad[0] - 1), rest);
      canary.bad[1] = this.#draws.binomial(canary.bad[1], rest);
    }
    return { canary, stable, reset, exposure };
  }

  #bases(): [number, number] {
    return [this.#scenario.errors ?? 0.001, this.#scenario.slow ?? 0.01];
  }

  #commonFactor(seconds: number): number {
    const { drift = 1, noise } = this.#scenario;
    const drifted = 1 + (drift - 1) * Math.min(1, this.#seconds / 3600);
    if (noise?.shared !== true) return drifted;
    return drifted * this.#noiseFactor(this.#common, noise, seconds);
  }

  #noiseFactor(state: { noise: number }, noise: { deviation: number; seconds: number }, seconds: number): number {
    const keep = Math.exp(-seconds / noise.seconds);
    state.noise = keep * state.noise + Math.sqrt(1 - keep * keep) * this.#draws.normal();
    // The mean stays what it is without noise.
    return Math.exp(noise.deviation * state.noise - noise.deviation ** 2 / 2);
  }

  #outage(): number {
    const { outage } = this.#scenario;
    if (outage === undefined) return 0;
    const into = this.#seconds - 180;
    return into >= 0 && into < outage.seconds ? outage.severity : 0;
  }

  #restarts(canary: Counts, seconds: number): boolean {
    const { restartSeconds, crashes = 0 } = this.#scenario;
    const byTime = restartSeconds !== undefined && this.#draws.uniform() < 1 - Math.exp(-seconds / restartSeconds);
    return byTime || this.#draws.binomial(canary.bad[0], crashes) > 0;
  }

  #serve(
    pods: readonly PodState[],
    requests: number,
    at: { seconds: number; factor: number; outage: number; extra: readonly [number, number] },
  ): Counts {
    const { correlation = 0, bursts, noise } = this.#scenario;
    const draws = this.#draws;
    const counts: Counts = { requests: 0, bad: [0, 0] };
    const [errors, slow] = this.#bases();
    // The noise of one version alone is the same in all of its pods.
    const first = pods[0];
    const own = noise?.shared === false && first !== undefined ? this.#noiseFactor(first, noise, at.seconds) : 1;
    const rates = [
      Math.min(1, errors * at.factor * own + at.extra[0] + at.outage),
      Math.min(1, slow * at.factor * own + at.extra[1]),
    ] as const;
    const separate = correlation > 0 || bursts !== undefined;
    const groups = separate ? pods : pods.slice(0, 1);
    for (const pod of groups) {
      const count = draws.poisson(requests / groups.length);
      const burst = bursts === undefined ? 0 : this.#burstShare(pod, bursts, at.seconds) * bursts.severity;
      const [failing, slowly] = correlation > 0 ? this.#correlated(pod, rates, correlation) : rates;
      counts.requests += count;
      counts.bad[0] += draws.binomial(count, failing + burst - failing * burst);
      counts.bad[1] += draws.binomial(count, slowly);
    }
    return counts;
  }

  #correlated(pod: PodState, rates: readonly [number, number], correlation: number): readonly [number, number] {
    if (this.#seconds >= pod.ratesUntil) {
      pod.rates = [this.#draws.beta(rates[0], correlation), this.#draws.beta(rates[1], correlation)];
      pod.ratesUntil = this.#seconds + EPOCH;
    }
    return pod.rates;
  }

  /** Share of the stretch that a burst of the pod covers. */
  #burstShare(pod: PodState, bursts: Bursts, seconds: number): number {
    const [from, to] = [this.#seconds, this.#seconds + seconds];
    while (pod.nextBurst < to) {
      pod.burstUntil = pod.nextBurst + bursts.seconds;
      pod.nextBurst = pod.burstUntil + this.#wait();
      if (pod.burstUntil > from) break;
    }
    const start = Math.max(from, pod.burstUntil - bursts.seconds);
    return Math.max(0, Math.min(to, pod.burstUntil) - start) / seconds;
  }

  #wait(): number {
    const perHour = this.#scenario.bursts?.perPodHour ?? 0;
    return (-Math.log(1 - this.#draws.uniform()) * 3600) / perHour;
  }
}

/** Two stretches, one after the other, as one. */
export function mergeStretches(a: Stretch, b: Stretch): Stretch {
  const sum = (first: Counts, second: Counts): Counts => ({
    requests: first.requests + second.requests,
    bad: [first.bad[0] + second.bad[0], first.bad[1] + second.bad[1]],
  });
  return {
    canary: sum(a.canary, b.canary),
    stable: sum(a.stable, b.stable),
    reset: a.reset || b.reset,
    exposure: a.exposure + b.exposure,
  };
}
