import { grown } from "../packed/growing.ts";
import { type Kept, keptPieces, type Pieces, renumbered } from "../packed/kept.ts";
import type { Sections } from "../packed/sections.ts";
import { isStep, joined, type Slices } from "../packed/slices.ts";
import { Vocabulary } from "../packed/vocabulary.ts";
import { Lists, packNumber } from "./lists.ts";
import { isInTemplate, kindOf, WORD } from "./terms.ts";
import { TRIGRAMS, trigramsOf } from "./trigrams.ts";

/** Documents that came since the lists were made: fewer of them wait in lists of their own. */
const LEAST_RECENT = 1_000;
const RECENT_SHARE = 1 / 8;

/**
 * Which terms are in which document and the other way round. Documents are numbered as they come. Their terms
 * are the truth, packed one document after the other; the lists of the terms are made from them. Frequencies
 * count only what was not removed.
 */
export class Postings {
  readonly terms = new Vocabulary();
  /** The other way round. */
  readonly lists = new Lists();
  /** Of each term: what it is, and how many documents have it. */
  kinds: Uint8Array<ArrayBuffer> = new Uint8Array(128);
  frequencies: Uint32Array<ArrayBuffer> = new Uint32Array(128);
  /** How many documents have a trigram in their template. */
  trigrams: Uint32Array<ArrayBuffer> = new Uint32Array(TRIGRAMS);
  /** What `read` has read. */
  readTerms: Uint32Array<ArrayBuffer> = new Uint32Array(1_024);
  readImpacts: Uint8Array<ArrayBuffer> = new Uint8Array(1_024);

  #packed: Uint8Array<ArrayBuffer> = new Uint8Array(4_096);
  #starts: Uint32Array<ArrayBuffer> = new Uint32Array(128);
  #documents = 0;
  #listed = 0;

  get documents(): number {
    return this.#documents;
  }

  /** Adds a document under the next number. */
  add(terms: ReadonlyMap<string, number>): void {
    const numbered = [...terms].map(([term, impact]) => [this.#termFor(term), impact] as const);
    numbered.sort(([a], [b]) => a - b);
    let at = this.#starts[this.#documents] ?? 0;
    this.#packed = grown(this.#packed, at + numbered.length * 6);
    let last = 0;
    for (const [term, impact] of numbered) {
      at = packNumber(this.#packed, at, term - last);
      this.#packed[at++] = impact;
      last = term;
      this.lists.add(term, this.#documents, impact);
    }
    this.#documents += 1;
    this.#starts = grown(this.#starts, this.#documents + 1);
    this.#starts[this.#documents] = at;
    this.#count(this.read(this.#documents - 1), 1);
  }

  /** Counts a document no more. It stays in the lists until they are made anew. */
  remove(document: number): void {
    this.#count(this.read(document), -1);
  }

  /** Reads the terms of a document, in the order of their numbers, and says how many there are. */
  read(document: number): number {
    const end = this.#starts[document + 1] ?? 0;
    let at = this.#starts[document] ?? 0;
    let size = 0;
    let term = 0;
    if (end - at > this.readTerms.length) {
      this.readTerms = grown(this.readTerms, end - at);
      this.readImpacts = grown(this.readImpacts, end - at);
    }
    const packed = this.#packed;
    while (at < end) {
      let byte = packed[at++] as number;
      let gap = byte & 127;
      for (let shift = 7; byte > 127; shift += 7) {
        byte = packed[at++] as number;
        gap |= (byte & 127) << shift;
      }
      term += gap;
      this.readTerms[size] = term;
      this.readImpacts[size] = packed[at++] as number;
      size += 1;
    }
    return size;
  }

  /** The first term of a document that is of this kind. */
  termOf(document: number, kind: number): string | undefined {
    const size = this.read(document);
    for (let at = 0; at < size; at += 1) {
      const term = this.readTerms[at] as number;
      if (this.kinds[term] === kind) return this.terms.textOf(term);
    }
    return undefined;
  }

  /** Makes the lists anew when enough came since the last time. */
  tidy(isLive: (document: number) => boolean): void {
    const recent = this.#documents - this.#listed;
    if (recent > Math.max(LEAST_RECENT, this.#listed * RECENT_SHARE)) this.makeLists(isLive);
  }

  makeLists(isLive: (document: number) => boolean): void {
    this.lists.make(this, this.terms.size, isLive);
    this.#listed = this.#documents;
  }

  /** As they are now, whatever comes later; without the terms that only removed documents had. */
  sections(kept: Kept): Slices<Sections> {
    const trigrams = this.trigrams.slice();
    const packed = {
      units: this.#packed.subarray(0, this.#starts[this.#documents] ?? 0),
      starts: this.#starts.subarray(0, this.#documents + 1),
    };
    const { size } = this.terms;
    if (kept === undefined) {
      return joined([this.terms.sections("terms", undefined), sectionsOf(packed, trigrams)]);
    }
    const { frequencies } = this;
    const { kept: used, numbers } = renumbered((term) => (frequencies[term] ?? 0) > 0, size);
    return joined([this.terms.sections("terms", used), keptTerms(packed, kept, numbers, trigrams)]);
  }

  /** Takes what `sections` gave; all of its documents are live. */
  load(sections: Sections): void {
    this.terms.load(sections, "terms");
    this.#packed = sections.packed as Uint8Array<ArrayBuffer>;
    this.#starts = sections.starts as Uint32Array<ArrayBuffer>;
    this.trigrams = sections.trigrams as Uint32Array<ArrayBuffer>;
    this.#documents = this.#starts.length - 1;
    this.kinds = new Uint8Array(this.terms.size);
    for (let term = 0; term < this.terms.size; term += 1) {
      this.kinds[term] = kindOf(String.fromCharCode(this.terms.unitAt(term, 0)));
    }
    this.frequencies = new Uint32Array(this.terms.size);
    for (let document = 0; document < this.#documents; document += 1) {
      const size = this.read(document);
      for (let at = 0; at < size; at += 1) {
        const term = this.readTerms[at] as number;
        this.frequencies[term] = (this.frequencies[term] as number) + 1;
      }
    }
    this.makeLists(() => true);
  }

  #termFor(text: string): number {
    const term = this.terms.add(text);
    if (term >= this.kinds.length || term >= this.frequencies.length) {
      this.kinds = grown(this.kinds, term + 1);
      this.frequencies = grown(this.frequencies, term + 1);
    }
    if (this.frequencies[term] === 0) this.kinds[term] = kindOf(text);
    return term;
  }

  /** Counts the terms that were read, and each trigram of their template once. */
  #count(size: number, change: 1 | -1): void {
    const trigrams = new Set<number>();
    for (let at = 0; at < size; at += 1) {
      const term = this.readTerms[at] as number;
      this.frequencies[term] = (this.frequencies[term] as number) + change;
      if (this.kinds[term] !== WORD || !isInTemplate(this.readImpacts[at] as number)) continue;
      const unitAt = (place: number) => this.terms.unitAt(term, place);
      for (const trigram of trigramsOf(this.terms.lengthOf(term), unitAt)) trigrams.add(trigram);
    }
    for (const trigram of trigrams) {
      this.trigrams[trigram] = (this.trigrams[trigram] as number) + change;
    }
  }
}

type Packed = Pieces<Uint8Array<ArrayBuffer>>;

function sectionsOf({ units, starts }: Packed, trigrams: Uint32Array<ArrayBuffer>): Sections {
  return { packed: units, starts, trigrams };
}

/** The terms of what stays, by their new numbers. */
function* keptTerms(
  packed: Packed,
  kept: Uint32Array<ArrayBuffer>,
  numbers: Uint32Array<ArrayBuffer>,
  trigrams: Uint32Array<ArrayBuffer>,
): Slices<Sections> {
  const { units, starts } = yield* keptPieces(packed, kept);
  // Numbers only get smaller: nothing is written where something is still to be read.
  let end = 0;
  for (let document = 0; document < kept.length; document += 1) {
    const last = starts[document + 1] as number;
    let at = starts[document] as number;
    starts[document] = end;
    let [term, written] = [0, 0];
    while (at < last) {
      let byte = units[at++] as number;
      let gap = byte & 127;
      for (let shift = 7; byte > 127; shift += 7) {
        byte = units[at++] as number;
        gap |= (byte & 127) << shift;
      }
      term += gap;
      const number = numbers[term] as number;
      end = packNumber(units, end, number - written);
      units[end++] = units[at++] as number;
      written = number;
    }
    if (isStep(document)) yield;
  }
  starts[kept.length] = end;
  return sectionsOf({ units: units.slice(0, end), starts }, trigrams);
}
