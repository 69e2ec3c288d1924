import { grown } from "./growing.ts";
import type { Sections } from "./snapshot.ts";
import { isInTemplate, kindOf, WORD } from "./terms.ts";
import { TRIGRAMS, trigramsOf } from "./trigrams.ts";
import { Vocabulary } from "./vocabulary.ts";

/** The documents of one term. */
export interface List {
  readonly documents: Uint32Array;
  readonly impacts: Uint8Array;
  readonly from: number;
  readonly to: number;
}

/** Documents that came since the lists were made: fewer of them wait in lists of their own. */
const LEAST_RECENT = 1_000;
const RECENT_SHARE = 1 / 8;

/**
 * Which terms are in which document and the other way round. Documents are numbered as they come. Their terms
 * are the truth, packed one document after the other; the lists of the terms are made from them, and what came
 * since then stands in short lists beside. Frequencies count only what was not removed.
 */
export class Postings {
  terms = new Vocabulary();
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
  #listedTerms = 0;
  #listStarts: Uint32Array<ArrayBuffer> = new Uint32Array(1);
  #listDocuments: Uint32Array<ArrayBuffer> = new Uint32Array(0);
  #listImpacts: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  /** Documents times 256, plus the impact. */
  #recent = new Map<number, number[]>();

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
      at = this.#packNumber(at, term - last);
      this.#packed[at++] = impact;
      last = term;
      const list = this.#recent.get(term);
      const place = this.#documents * 256 + impact;
      if (list === undefined) this.#recent.set(term, [place]);
      else list.push(place);
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

  /** The documents of a term, removed ones among them: one or two lists. */
  listsOf(term: number): List[] {
    const lists: List[] = [];
    if (term < this.#listedTerms) {
      lists.push({
        documents: this.#listDocuments,
        impacts: this.#listImpacts,
        from: this.#listStarts[term] ?? 0,
        to: this.#listStarts[term + 1] ?? 0,
      });
    }
    const recent = this.#recent.get(term);
    if (recent !== undefined) {
      const documents = Uint32Array.from(recent, (place) => Math.floor(place / 256));
      const impacts = Uint8Array.from(recent, (place) => place % 256);
      lists.push({ documents, impacts, from: 0, to: recent.length });
    }
    return lists;
  }

  /** Makes the lists anew when enough came since the last time. */
  tidy(isLive: (document: number) => boolean): void {
    const recent = this.#documents - this.#listed;
    if (recent > Math.max(LEAST_RECENT, this.#listed * RECENT_SHARE)) this.makeLists(isLive);
  }

  makeLists(isLive: (document: number) => boolean): void {
    const starts = new Uint32Array(this.terms.size + 1);
    for (let term = 0; term < this.terms.size; term += 1) {
      starts[term + 1] = (starts[term] ?? 0) + (this.frequencies[term] ?? 0);
    }
    const next = starts.slice();
    const total = starts[this.terms.size] ?? 0;
    this.#recent = new Map();
    this.#listDocuments = new Uint32Array(total);
    this.#listImpacts = new Uint8Array(total);
    for (let document = 0; document < this.#documents; document += 1) {
      if (!isLive(document)) continue;
      const size = this.read(document);
      for (let at = 0; at < size; at += 1) {
        const term = this.readTerms[at] as number;
        const place = next[term] as number;
        next[term] = place + 1;
        this.#listDocuments[place] = document;
        this.#listImpacts[place] = this.readImpacts[at] as number;
      }
    }
    this.#listStarts = starts;
    this.#listed = this.#documents;
    this.#listedTerms = this.terms.size;
  }

  /** Leaves out what was removed, and the terms that only it had; the rest moves up, in the same order. */
  compact(isLive: (document: number) => boolean): void {
    const known = this.terms;
    const terms = new Vocabulary();
    const numbers = new Uint32Array(known.size);
    for (let term = 0; term < known.size; term += 1) {
      const frequency = this.frequencies[term] ?? 0;
      if (frequency === 0) continue;
      const number = terms.add(known.textOf(term));
      numbers[term] = number;
      this.kinds[number] = this.kinds[term] ?? 0;
      this.frequencies[number] = frequency;
    }
    this.kinds.fill(0, terms.size);
    this.frequencies.fill(0, terms.size);
    this.terms = terms;
    const starts = new Uint32Array(this.#documents + 1);
    let kept = 0;
    let end = 0;
    for (let document = 0; document < this.#documents; document += 1) {
      if (!isLive(document)) continue;
      const size = this.read(document);
      // Numbers only get smaller: nothing is written where something is still to be read.
      let last = 0;
      for (let at = 0; at < size; at += 1) {
        const term = numbers[this.readTerms[at] as number] as number;
        end = this.#packNumber(end, term - last);
        this.#packed[end++] = this.readImpacts[at] as number;
        last = term;
      }
      kept += 1;
      starts[kept] = end;
    }
    this.#starts = starts;
    this.#documents = kept;
    this.makeLists(() => true);
  }

  save(): Sections {
    return {
      ...this.terms.save("terms"),
      packed: this.#packed.slice(0, this.#starts[this.#documents] ?? 0),
      starts: this.#starts.slice(0, this.#documents + 1),
      trigrams: this.trigrams,
    };
  }

  /** Takes what `save` gave; all of its documents are live. */
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

  #packNumber(start: number, number: number): number {
    let at = start;
    let rest = number;
    while (rest > 127) {
      this.#packed[at++] = (rest & 127) | 128;
      rest >>>= 7;
    }
    this.#packed[at++] = rest;
    return at;
  }
}
