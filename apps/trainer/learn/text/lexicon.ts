/** How positive or negative single words are, from −1 to 1. */
export type Lexicon = ReadonlyMap<string, number>;

/** Words that negate the next one. The tokenizer splits "don't" into "don" and "t". */
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
/** Factor for the polarity of a negated word. Its magnitude is above 1 because the word itself counts as well, un-negated. */
const NEGATION = -1.5;

/** The polarity of a pair of words: the negated polarity of the second if the first is a negator, otherwise 0. */
export function pairPolarity(lexicon: Lexicon, first: string, second: string): number {
  return NEGATORS.has(first) ? NEGATION * (lexicon.get(second) ?? 0) : 0;
}
