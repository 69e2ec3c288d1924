import { grown } from "../packed/growing.ts";
import type { Postings } from "./postings.ts";
import { WORD } from "./terms.ts";

/** A known word that a misspelt one may mean. */
export interface Spelling {
  readonly term: number;
  /** Letters inserted, left out, replaced or swapped with their neighbour. */
  readonly distance: number;
}

const SHORTEST = 4;
/** From this length on two letters may be wrong. */
const LONG = 8;
const LONGEST = 32;
const MOST_SPELLINGS = 6;

/** Finds known words that are spelt almost like an unknown one. */
export class Spellings {
  /** Of each term: which letters it has, and how many; 0 letters for what is no word of letters. */
  #letters: Uint32Array<ArrayBuffer> = new Uint32Array(128);
  #lengths: Uint8Array<ArrayBuffer> = new Uint8Array(128);
  #seen = 0;
  readonly #postings: Postings;

  constructor(postings: Postings) {
    this.#postings = postings;
  }

  /** Forget what was seen: the terms have other numbers now. */
  reset(): void {
    this.#seen = 0;
  }

  /** The nearest first, of equally near ones the more frequent. */
  of(word: string): Spelling[] {
    if (word.length < SHORTEST || word.length > LONGEST || !/^[a-z]+$/.test(word)) return [];
    this.#look();
    const most = word.length >= LONG ? 2 : 1;
    const letters = lettersOf(word.length, (at) => word.charCodeAt(at));
    const { frequencies, terms } = this.#postings;
    const found: Spelling[] = [];
    for (let term = 0; term < this.#seen; term += 1) {
      // A wrong letter changes at most two of these bits: most terms are told by them alone.
      const length = this.#lengths[term] as number;
      if (length === 0 || Math.abs(length - word.length) > most) continue;
      if (bitsOf(letters ^ (this.#letters[term] as number)) > 2 * most) continue;
      if ((frequencies[term] as number) === 0) continue;
      const distance = distanceOf(word, terms.textOf(term), most);
      if (distance <= most) found.push({ term, distance });
    }
    const frequency = (spelling: Spelling) => frequencies[spelling.term] ?? 0;
    found.sort(
      (a, b) => a.distance - b.distance || frequency(b) - frequency(a) || this.#order(a, b),
    );
    return found.slice(0, MOST_SPELLINGS);
  }

  #order(a: Spelling, b: Spelling): number {
    return this.#postings.terms.textOf(a.term) < this.#postings.terms.textOf(b.term) ? -1 : 1;
  }

  #look(): void {
    const { terms, kinds } = this.#postings;
    if (this.#seen === terms.size) return;
    this.#letters = grown(this.#letters, terms.size);
    this.#lengths = grown(this.#lengths, terms.size);
    for (let term = this.#seen; term < terms.size; term += 1) {
      const length = terms.lengthOf(term);
      const letters = kinds[term] === WORD ? lettersOf(length, (at) => terms.unitAt(term, at)) : 0;
      this.#letters[term] = letters;
      this.#lengths[term] = letters === 0 ? 0 : length;
    }
    this.#seen = terms.size;
  }
}

/** A bit for each letter from a to z that a word has; 0 if it has anything else. */
function lettersOf(length: number, unitAt: (at: number) => number): number {
  let letters = 0;
  for (let at = 0; at < length; at += 1) {
    const letter = unitAt(at) - 97;
    if (letter < 0 || letter > 25) return 0;
    letters |= 1 << letter;
  }
  return letters;
}

function bitsOf(number: number): number {
  let bits = number - ((number >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/**
 * Insertions, deletions, substitutions and swaps of neighbours between two words, no letter twice; `most` + 1
 * stands for every larger number.
 */
export function distanceOf(from: string, to: string, most: number): number {
  const width = to.length + 1;
  let beforeLast = new Uint8Array(width);
  let last = Uint8Array.from({ length: width }, (_, at) => at);
  for (let i = 1; i <= from.length; i += 1) {
    const row = new Uint8Array(width);
    row[0] = i;
    let least = i;
    for (let j = 1; j < width; j += 1) {
      const isSame = from.charCodeAt(i - 1) === to.charCodeAt(j - 1);
      let cost = Math.min(
        (last[j - 1] as number) + (isSame ? 0 : 1),
        (last[j] as number) + 1,
        (row[j - 1] as number) + 1,
      );
      const isSwap =
        i > 1 &&
        j > 1 &&
        from.charCodeAt(i - 1) === to.charCodeAt(j - 2) &&
        from.charCodeAt(i - 2) === to.charCodeAt(j - 1);
      if (isSwap) cost = Math.min(cost, (beforeLast[j - 2] as number) + 1);
      row[j] = cost;
      least = Math.min(least, cost);
    }
    // From here it can only grow, or stay what it was a row before.
    if (least > most + 1) return most + 1;
    beforeLast = last;
    last = row;
  }
  return Math.min(last[to.length] as number, most + 1);
}
