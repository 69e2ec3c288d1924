import { toEntry } from "./entry.ts";
import { Facts } from "./facts.ts";
import { grown } from "./growing.ts";
import { Postings } from "./postings.ts";
import { Previews } from "./previews.ts";
import type { Sections } from "./snapshot.ts";
import { countOf, kindOf, termsOf, WORD } from "./terms.ts";
import { Vocabulary } from "./vocabulary.ts";

const NONE = -1;
/** Removed documents that are kept in the lists before they are swept out: of all, and at least so many. */
const REMOVED_SHARE = 1 / 4;
const LEAST_REMOVED = 1_000;

/** The documents of an index, numbered as they come, and everything that is known of each. */
export class Documents {
  readonly postings = new Postings();
  readonly facts = new Facts();
  readonly previews = new Previews();
  /** Of each document: when, how sure, which version, and how many words count in it. */
  times: Float64Array<ArrayBuffer> = new Float64Array(128);
  confidences: Float64Array<ArrayBuffer> = new Float64Array(128);
  versions: Float64Array<ArrayBuffer> = new Float64Array(128);
  lengths: Uint32Array<ArrayBuffer> = new Uint32Array(128);
  #live: Uint8Array<ArrayBuffer> = new Uint8Array(128);
  #idOf: Uint32Array<ArrayBuffer> = new Uint32Array(128);
  #ids = new Vocabulary();
  /** Of each id: its document, or -1. */
  #current: Int32Array<ArrayBuffer> = new Int32Array(128).fill(NONE);
  #size = 0;
  #words = 0;

  /** Documents that are there. */
  get size(): number {
    return this.#size;
  }

  /** Numbers given until now, those of removed documents among them. */
  get numbers(): number {
    return this.postings.documents;
  }

  /** Words of a document on average, each as often as it counts. */
  get averageLength(): number {
    return this.#size === 0 ? 1 : Math.max(1, this.#words / this.#size);
  }

  isLive = (document: number): boolean => this.#live[document] === 1;

  idOf(document: number): string {
    return this.#ids.textOf(this.#idOf[document] ?? 0);
  }

  /** The document of an id, or -1. */
  documentOf = (id: string): number => {
    const number = this.#ids.find(id);
    return number === NONE ? NONE : (this.#current[number] ?? NONE);
  };

  /** Takes the place of an older version of the same id; does nothing where a newer one is there. */
  put(id: string, version: number, at: number, value: unknown): void {
    const known = this.documentOf(id);
    if (known !== NONE && (this.versions[known] ?? 0) >= version) return;
    if (known !== NONE) this.#remove(known);
    const entry = toEntry(value, at);
    const terms = termsOf(entry);
    const document = this.numbers;
    this.#makeRoom(document + 1);
    this.postings.add(terms);
    this.facts.add(entry);
    this.previews.add(entry);
    let length = 0;
    for (const [term, impact] of terms) if (kindOf(term) === WORD) length += countOf(impact);
    this.lengths[document] = length;
    this.times[document] = entry.timestamp;
    this.confidences[document] = entry.confidence ?? Number.NaN;
    this.versions[document] = version;
    const number = this.#ids.add(id);
    this.#idOf[document] = number;
    this.#point(number, document);
    this.#live[document] = 1;
    this.#size += 1;
    this.#words += length;
  }

  /** Removes what there is of an id up to a version. */
  gone(id: string, version: number): void {
    const known = this.documentOf(id);
    if (known !== NONE && (this.versions[known] ?? 0) <= version) this.#remove(known);
  }

  /** Keeps the lists short of what is new and of what is removed; says whether numbers changed. */
  tidy(): boolean {
    const removed = this.numbers - this.#size;
    const isDue = removed > Math.max(LEAST_REMOVED, this.numbers * REMOVED_SHARE);
    if (isDue) this.compact();
    else this.postings.tidy(this.isLive);
    return isDue;
  }

  /** Leaves nothing of removed documents. */
  compact(): void {
    if (this.numbers === this.#size) return;
    this.postings.compact(this.isLive);
    this.facts.compact(this.isLive);
    this.previews.compact(this.isLive);
    const ids = this.#ids;
    this.#ids = new Vocabulary();
    let kept = 0;
    for (let document = 0; kept < this.#size; document += 1) {
      if (!this.isLive(document)) continue;
      for (const column of [this.times, this.confidences, this.versions, this.lengths]) {
        column[kept] = column[document] ?? 0;
      }
      const number = this.#ids.add(ids.textOf(this.#idOf[document] ?? 0));
      this.#idOf[kept] = number;
      this.#current[number] = kept;
      kept += 1;
    }
    this.#live.fill(0).fill(1, 0, kept);
    this.#current.fill(NONE, kept);
  }

  save(): Sections {
    this.compact();
    const size = this.#size;
    return {
      ...this.postings.save(),
      ...this.facts.save(),
      ...this.previews.save(),
      ...this.#ids.save("ids"),
      times: this.times.slice(0, size),
      confidences: this.confidences.slice(0, size),
      versions: this.versions.slice(0, size),
      lengths: this.lengths.slice(0, size),
      idOf: this.#idOf.slice(0, size),
    };
  }

  /** Fills an empty one with what `save` gave. */
  load(sections: Sections): void {
    this.postings.load(sections);
    this.facts.load(sections);
    this.previews.load(sections);
    this.#ids.load(sections, "ids");
    this.times = sections.times as Float64Array<ArrayBuffer>;
    this.confidences = sections.confidences as Float64Array<ArrayBuffer>;
    this.versions = sections.versions as Float64Array<ArrayBuffer>;
    this.lengths = sections.lengths as Uint32Array<ArrayBuffer>;
    this.#idOf = sections.idOf as Uint32Array<ArrayBuffer>;
    this.#size = this.#idOf.length;
    this.#live = new Uint8Array(this.#size).fill(1);
    this.#words = this.lengths.reduce((sum, length) => sum + length, 0);
    this.#current = new Int32Array(this.#ids.size).fill(NONE);
    for (const [document, number] of this.#idOf.entries()) this.#current[number] = document;
  }

  #remove(document: number): void {
    this.postings.remove(document);
    this.#live[document] = 0;
    this.#current[this.#idOf[document] ?? 0] = NONE;
    this.#size -= 1;
    this.#words -= this.lengths[document] ?? 0;
  }

  #point(number: number, document: number): void {
    const before = this.#current.length;
    this.#current = grown(this.#current, number + 1);
    this.#current.fill(NONE, before);
    this.#current[number] = document;
  }

  #makeRoom(size: number): void {
    this.times = grown(this.times, size);
    this.confidences = grown(this.confidences, size);
    this.versions = grown(this.versions, size);
    this.lengths = grown(this.lengths, size);
    this.#live = grown(this.#live, size);
    this.#idOf = grown(this.#idOf, size);
  }
}
