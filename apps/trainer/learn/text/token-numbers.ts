import { NumberList } from "./number-list.ts";

/** Least size of the table, a power of two. */
const LEAST = 1 << 12;
/** FNV-1a (Fowler, Noll & Vo), over 16-bit characters. */
const BASIS = 0x811c9dc5;
const PRIME = 0x01000193;

/** By character below U+0100: its lower case where it is a letter or a digit, 0 where it divides tokens. */
const LOWER = Uint8Array.from({ length: 256 }, (_, code) => {
  const character = String.fromCharCode(code);
  return /[\p{L}\p{N}]/u.test(character) ? character.toLowerCase().charCodeAt(0) : 0;
});

/**
 * Whether {@link TokenNumbers.add} may divide a text: all of it is Latin-1 or General Punctuation (U+2000 to U+206F, which
 * has no letters), on which JavaScript's tables of letters and cases agree with those of the exported graph.
 */
export function isPlain(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0xff && (code < 0x2000 || code > 0x206f)) return false;
  }
  return true;
}

/**
 * Numbers the tokens of texts in the order of first appearance: a hash table on typed arrays that compares characters in
 * place, so that nothing is made of a token that is known.
 */
export class TokenNumbers {
  readonly tokens: string[] = [];
  readonly #hashes = new NumberList();
  /** By place: the token's number + 1; 0 for an empty place. */
  #places = new Uint32Array(LEAST);

  /** Appends to `numbers` those of the tokens of a plain text: its runs of letters or digits, in lower case. */
  add(text: string, numbers: NumberList): void {
    let from = -1;
    let hash = BASIS;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      const letter = code < 256 ? (LOWER[code] ?? 0) : 0;
      if (letter > 0) {
        if (from < 0) from = i;
        hash = Math.imul(hash ^ letter, PRIME);
      } else if (from >= 0) {
        numbers.push(this.#numberOf(text, from, i, hash >>> 0));
        from = -1;
        hash = BASIS;
      }
    }
    if (from >= 0) numbers.push(this.#numberOf(text, from, text.length, hash >>> 0));
  }

  /** The number of a token that was divided and brought to lower case elsewhere. */
  numberOf(token: string): number {
    let hash = BASIS;
    for (let i = 0; i < token.length; i++) hash = Math.imul(hash ^ token.charCodeAt(i), PRIME);
    return this.#numberOf(token, 0, token.length, hash >>> 0);
  }

  #numberOf(text: string, from: number, to: number, hash: number): number {
    const last = this.#places.length - 1;
    let place = hash & last;
    for (;;) {
      const number = (this.#places[place] ?? 0) - 1;
      if (number < 0) break;
      if (this.#hashes.at(number) === hash && this.#isToken(number, text, from, to)) return number;
      place = (place + 1) & last;
    }
    const number = this.tokens.length;
    this.tokens.push(text.slice(from, to).toLowerCase());
    this.#hashes.push(hash);
    this.#places[place] = number + 1;
    if (2 * this.tokens.length > this.#places.length) this.#grow();
    return number;
  }

  #isToken(number: number, text: string, from: number, to: number): boolean {
    const token = this.tokens[number] ?? "";
    if (token.length !== to - from) return false;
    for (let i = from; i < to; i++) {
      const code = text.charCodeAt(i);
      if ((code < 256 ? LOWER[code] : code) !== token.charCodeAt(i - from)) return false;
    }
    return true;
  }

  #grow(): void {
    this.#places = new Uint32Array(2 * this.#places.length);
    const last = this.#places.length - 1;
    for (let number = 0; number < this.tokens.length; number++) {
      let place = this.#hashes.at(number) & last;
      while (this.#places[place] !== 0) place = (place + 1) & last;
      this.#places[place] = number + 1;
    }
  }
}
