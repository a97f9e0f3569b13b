export interface ClearSentence {
  readonly text: string;
  readonly sentiment: "positive" | "negative";
  /** Whether only a model with pairs of words can classify it correctly. */
  readonly negated?: boolean;
}

/** Unambiguous sentences. None of them is in the corpus; do not use them to choose parameters. */
export const CLEAR_SENTENCES: readonly ClearSentence[] = [
  { text: "This product is amazing!", sentiment: "positive" },
  { text: "I love this movie, it's wonderful", sentiment: "positive" },
  { text: "could not be happier", sentiment: "positive", negated: true },
  { text: "I was not disappointed", sentiment: "positive", negated: true },
  { text: "Terrible service, I want a refund", sentiment: "negative" },
  { text: "Honestly, this is not good at all", sentiment: "negative", negated: true },
  { text: "never again", sentiment: "negative" },
  { text: "The waiter was rude and the soup was cold", sentiment: "negative" },
  { text: "The waiter was friendly and the soup was delicious", sentiment: "positive" },
  { text: "Worst purchase of my life", sentiment: "negative" },
  { text: "Best purchase I have made this year", sentiment: "positive" },
  { text: "It broke after only two days of use", sentiment: "negative" },
  { text: "Complete waste of time and money", sentiment: "negative" },
  { text: "Absolutely fantastic experience, highly recommend", sentiment: "positive" },
  { text: "I'm very disappointed by the build quality", sentiment: "negative", negated: true },
  { text: "Not bad at all, I'm pleased", sentiment: "positive" },
  { text: "don’t waste your money", sentiment: "negative" },
  { text: "I do not recommend this product", sentiment: "negative", negated: true },
  { text: "Excellent product, works perfectly", sentiment: "positive" },
  { text: "I hate this", sentiment: "negative" },
  { text: "I love this", sentiment: "positive" },
];
