import { NumberList } from "./number-list.ts";

/** A power of two. */
const INITIAL_CAPACITY = 1 << 12;
/** FNV-1a (Fowler, Noll & Vo), over 16-bit characters. */
const BASIS = 0x811c9dc5;
const PRIME = 0x01000193;

/** By character below U+0100: its lower case if it is a letter or a digit, 0 if it separates tokens. */
const LOWER = Uint8Array.from({ length: 256 }, (_, code) => {
  const character = String.fromCharCode(code);
  return /[\p{L}\p{N}]/u.test(character) ? character.toLowerCase().charCodeAt(0) : 0;
});

/**
 * Whether {@link TokenTable.add} can split a text: it has only Latin-1 and General Punctuation characters (U+2000 to U+206F,
 * no letters), for which JavaScript and the exported graph agree on letters and cases.
 */
export function isPlain(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0xff && (code < 0x2000 || code > 0x206f)) return false;
  }
  return true;
}

/**
 * Numbers the tokens of texts in the order of first appearance. A hash table on typed arrays that compares characters in
 * place, so that a known token allocates nothing.
 */
export class TokenTable {
  readonly tokens: string[] = [];
  readonly #hashes = new NumberList();
  /** By slot: the token's number + 1; 0 for an empty slot. */
  #slots = new Uint32Array(INITIAL_CAPACITY);

  /** Splits a plain text into lower-case runs of letters or digits and appends their numbers to `numbers`. */
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

  /** The number of a token that is already in lower case; a new token gets the next number. */
  numberOf(token: string): number {
    let hash = BASIS;
    for (let i = 0; i < token.length; i++) hash = Math.imul(hash ^ token.charCodeAt(i), PRIME);
    return this.#numberOf(token, 0, token.length, hash >>> 0);
  }

  #numberOf(text: string, from: number, to: number, hash: number): number {
    const last = this.#slots.length - 1;
    let slot = hash & last;
    for (;;) {
      const number = (this.#slots[slot] ?? 0) - 1;
      if (number < 0) break;
      if (this.#hashes.at(number) === hash && this.#isToken(number, text, from, to)) return number;
      slot = (slot + 1) & last;
    }
    const number = this.tokens.length;
    this.tokens.push(text.slice(from, to).toLowerCase());
    this.#hashes.push(hash);
    this.#slots[slot] = number + 1;
    if (2 * this.tokens.length > this.#slots.length) this.#grow();
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
    this.#slots = new Uint32Array(2 * this.#slots.length);
    const last = this.#slots.length - 1;
    for (let number = 0; number < this.tokens.length; number++) {
      let slot = this.#hashes.at(number) & last;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & last;
      this.#slots[slot] = number + 1;
    }
  }
}
