/** Draws from the distributions that the simulation needs, from one seeded source. */
export interface Draws {
  /** Uniform in [0, 1). */
  readonly uniform: () => number;
  readonly normal: () => number;
  readonly poisson: (mean: number) => number;
  readonly binomial: (count: number, share: number) => number;
  /** Beta with this mean and this intra-class correlation: 1 / (a + b + 1). */
  readonly beta: (mean: number, correlation: number) => number;
}

/** Means below this are drawn one by one; above it the transformed rejection of Hörmann (1993) takes over. */
const FEW = 10;

export function drawsFrom(seed: number): Draws {
  const uniform = sfc32(seed);
  const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  return {
    uniform,
    normal,
    poisson: (mean) => (mean < FEW ? fewPoisson(mean, uniform) : manyPoisson(mean, uniform)),
    binomial: (count, share) => {
      if (share <= 0 || count <= 0) return 0;
      if (share >= 1) return count;
      if (share > 0.5) return count - binomial(count, 1 - share, uniform);
      return binomial(count, share, uniform);
    },
    beta: (mean, correlation) => {
      if (mean <= 0 || mean >= 1) return mean;
      const size = 1 / correlation - 1;
      const a = gamma(mean * size, uniform, normal);
      const b = gamma((1 - mean) * size, uniform, normal);
      return a + b > 0 ? a / (a + b) : mean;
    },
  };
}

/** Small fast counting generator of Chris Doty-Humphrey (public domain). */
function sfc32(seed: number): () => number {
  let [a, b, c, d] = [seed | 0, 0x9e3779b9, 0x243f6a88, 1];
  const next = () => {
    const t = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + t;
    c |= 0;
    return (t >>> 0) / 2 ** 32;
  };
  for (let round = 0; round < 12; round++) next();
  return next;
}

function fewPoisson(mean: number, uniform: () => number): number {
  const floor = Math.exp(-mean);
  let product = uniform();
  let count = 0;
  while (product > floor) {
    product *= uniform();
    count += 1;
  }
  return count;
}

/** PTRS: W. Hörmann, The transformed rejection method for generating Poisson random variables (1993). */
function manyPoisson(mean: number, uniform: () => number): number {
  const logMean = Math.log(mean);
  const b = 0.931 + 2.53 * Math.sqrt(mean);
  const a = -0.059 + 0.02483 * b;
  const inverse = 1.1239 + 1.1328 / (b - 3.4);
  const fast = 0.9277 - 3.6224 / (b - 2);
  for (;;) {
    const u = uniform() - 0.5;
    const v = uniform();
    const us = 0.5 - Math.abs(u);
    const count = Math.floor(((2 * a) / us + b) * u + mean + 0.43);
    if (us >= 0.07 && v <= fast) return count;
    if (count < 0 || (us < 0.013 && v > us)) continue;
    const bound = -mean + count * logMean - logFactorial(count);
    if (Math.log(v) + Math.log(inverse) - Math.log(a / (us * us) + b) <= bound) return count;
  }
}

/** BTRS: W. Hörmann, The generation of binomial random variates (1993). */
function binomial(count: number, share: number, uniform: () => number): number {
  if (count * share < FEW) return fewBinomial(count, share, uniform);
  const q = 1 - share;
  const spread = Math.sqrt(count * share * q);
  const b = 1.15 + 2.53 * spread;
  const a = -0.0873 + 0.0248 * b + 0.01 * share;
  const center = count * share + 0.5;
  const alpha = (2.83 + 5.1 / b) * spread;
  const fast = 0.92 - 4.2 / b;
  const mode = Math.floor((count + 1) * share);
  const odds = Math.log(share / q);
  const peak = logFactorial(mode) + logFactorial(count - mode);
  for (;;) {
    const u = uniform() - 0.5;
    const v = uniform();
    const us = 0.5 - Math.abs(u);
    const k = Math.floor(((2 * a) / us + b) * u + center);
    if (k < 0 || k > count) continue;
    if (us >= 0.07 && v <= fast) return k;
    const bound = peak - logFactorial(k) - logFactorial(count - k) + (k - mode) * odds;
    if (Math.log((v * alpha) / (a / (us * us) + b)) <= bound) return k;
  }
}

/** Jumps from one success to the next. */
function fewBinomial(count: number, share: number, uniform: () => number): number {
  const logFail = Math.log1p(-share);
  let successes = 0;
  let trial = Math.floor(Math.log(1 - uniform()) / logFail);
  while (trial < count) {
    successes += 1;
    trial += 1 + Math.floor(Math.log(1 - uniform()) / logFail);
  }
  return successes;
}

/** G. Marsaglia and W. W. Tsang, A simple method for generating gamma variables (2000). */
function gamma(shape: number, uniform: () => number, normal: () => number): number {
  if (shape < 1) return gamma(shape + 1, uniform, normal) * (1 - uniform()) ** (1 / shape);
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = normal();
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(1 - uniform()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
  }
}

const TABLE = [0, 0];
for (let n = 2; n < 32; n++) TABLE.push((TABLE[n - 1] ?? 0) + Math.log(n));

/** Stirling's series, beyond a table of the first. */
function logFactorial(n: number): number {
  const known = TABLE[n];
  if (known !== undefined) return known;
  const x = n + 1;
  return (x - 0.5) * Math.log(x) - x + 0.5 * Math.log(2 * Math.PI) + 1 / (12 * x) - 1 / (360 * x ** 3);
}
