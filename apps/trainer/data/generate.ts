import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { randomSource, shuffled } from "../learn/random.ts";

/** Writes `sentiment.csv` from the sentence frames in `corpus/`: `node apps/trainer/data/generate.ts`. */
export const CORPUS: string = path.join(import.meta.dirname, "sentiment.csv");

const FRAMES = path.join(import.meta.dirname, "corpus");
const SLOTS = "slots.txt";
const SEED = 2024;
/** Variants of a frame that has choices and gives no number. */
const VARIANTS = 4;

interface Frame {
  /** `<file>-<number>`. The sentences of a group stay on one side of the held-out split. */
  readonly group: string;
  readonly label: "positive" | "negative";
  readonly variants: number;
  readonly pattern: string;
}

/** Draws words from a list in shuffled order; when all are drawn, shuffles again. */
type Deck = () => string;

/** The corpus as CSV: `text,label,group`. The same frames give the same bytes on every machine. */
export function generateCorpus(): string {
  const random = randomSource(SEED);
  const slots = new Map(contentLines(SLOTS).map(([line]) => readSlot(line, random)));
  const files = readdirSync(FRAMES).filter((name) => name.endsWith(".txt") && name !== SLOTS);
  const seen = new Set<string>();
  const rows = files
    .sort()
    .flatMap(readFrames)
    .flatMap((frame) =>
      variants(frame, slots, random)
        .filter((text) => !seen.has(text) && seen.add(text))
        .map((text) => `"${text.replaceAll('"', '""')}",${frame.label},${frame.group}`),
    );
  return `text,label,group\n${rows.join("\n")}\n`;
}

/** Lines that are neither empty nor comments, with their numbers. */
function contentLines(file: string): [string, number][] {
  const lines = readFileSync(path.join(FRAMES, file), "utf8").split("\n");
  return lines.flatMap((line, index): [string, number][] =>
    line === "" || line.startsWith("#") ? [] : [[line, index + 1]],
  );
}

function readSlot(line: string, random: () => number): [string, Deck] {
  const colon = line.indexOf(":");
  return [
    line.slice(0, colon),
    deck(
      line
        .slice(colon + 1)
        .trim()
        .split("|"),
      random,
    ),
  ];
}

/** Frames of a file. An indented frame, often the opposite of the one above, belongs to the group of the one above. */
function readFrames(file: string): Frame[] {
  let groups = 0;
  return contentLines(file).map(([line, number]) => {
    const [, indent, sign, count, pattern] = /^( *)([+-])(\d*) (.+)$/.exec(line) ?? [];
    if (pattern === undefined) throw new Error(`${file}, line ${number}: must begin with "+ " or "- "`);
    if (indent === "") groups++;
    return {
      group: `${path.basename(file, ".txt")}-${groups}`,
      label: sign === "+" ? "positive" : "negative",
      variants: /[[{]/.test(pattern) ? Number(count || VARIANTS) : 1,
      pattern,
    };
  });
}

function variants(frame: Frame, slots: ReadonlyMap<string, Deck>, random: () => number): string[] {
  const choices: Deck[] = [];
  const pattern = frame.pattern.replaceAll(/\[([^\]]+)\]/g, (_, options: string) => {
    choices.push(deck(options.split("|"), random));
    return `<${choices.length - 1}>`;
  });
  const texts = new Set<string>();
  // A frame with few choices may give fewer sentences than asked for.
  for (let attempt = 0; attempt < frame.variants; attempt++) {
    const text = pattern
      .replaceAll(/<(\d+)>/g, (_, index: string) => choices[Number(index)]?.() ?? "")
      .replaceAll(/\{(\w+)\}/g, (_, name: string) => {
        const draw = slots.get(name);
        if (!draw) throw new Error(`${frame.group}: there is no slot {${name}}`);
        return draw();
      });
    texts.add(polish(text));
  }
  return [...texts];
}

/** Replaces `a(n)` by "a" or "an", and capitalizes the first letter. */
function polish(text: string): string {
  const agreed = text.replaceAll(
    /\b([Aa])\(n\) (\w)/g,
    (_, article: string, next: string) => `${article}${/[aeiou]/i.test(next) ? "n" : ""} ${next}`,
  );
  return agreed.charAt(0).toUpperCase() + agreed.slice(1);
}

function deck(words: readonly string[], random: () => number): Deck {
  let left: string[] = [];
  return () => {
    if (left.length === 0) left = shuffled(words, random);
    return left.pop() ?? "";
  };
}

if (import.meta.main) writeFileSync(CORPUS, generateCorpus());
