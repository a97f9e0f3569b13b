/** How positive or negative single words are, from −1 to 1. */
export type Lexicon = ReadonlyMap<string, number>;

/** Words that turn the next one's meaning; the tokeniser makes "don" and "t" of "don't". */
const NEGATORS: ReadonlySet<string> = new Set([
  "not",
  "no",
  "never",
  "t",
  "nothing",
  "without",
  "hardly",
  "cannot",
  "nor",
  "neither",
]);
/** A negated word means somewhat less than its opposite: its own polarity counts too, as a single word. */
const NEGATION = -1.5;

/** The polarity of a pair of words: that of the second, turned, where the first is a negation; otherwise none. */
export function pairPolarity(lexicon: Lexicon, first: string, second: string): number {
  return NEGATORS.has(first) ? NEGATION * (lexicon.get(second) ?? 0) : 0;
}
