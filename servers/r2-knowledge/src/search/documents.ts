import { grown } from "../packed/growing.ts";
import { keptOf } from "../packed/kept.ts";
import type { Sections } from "../packed/sections.ts";
import { atOnce, joined, type Slices } from "../packed/slices.ts";
import { Vocabulary } from "../packed/vocabulary.ts";
import { toEntry } from "./entry.ts";
import { Facts } from "./facts.ts";
import { Postings } from "./postings.ts";
import { Previews } from "./previews.ts";
import { countOf, kindOf, termsOf, WORD, whereTerm } from "./terms.ts";

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
  readonly #ids = new Vocabulary();
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

  /** Writes the numbers of what is there and has a value above 0, and says how many these are. */
  positive(values: Float32Array | undefined, found: Uint32Array): number {
    const live = this.#live;
    let size = 0;
    const { numbers } = this;
    for (let document = 0; document < numbers; document += 1) {
      if (live[document] === 0 || (values !== undefined && !((values[document] as number) > 0)))
        continue;
      found[size++] = document;
    }
    return size;
  }

  idOf(document: number): string {
    return this.#ids.textOf(this.#idOf[document] ?? 0);
  }

  /** The document of an id, or -1. */
  documentOf = (id: string): number => {
    const number = this.#ids.find(id);
    return number === NONE ? NONE : (this.#current[number] ?? NONE);
  };

  /** Of a fingerprint, in the order in which they came. */
  withFingerprint(print: string): number[] {
    const term = this.postings.terms.find(whereTerm(print));
    if (term === NONE) return [];
    const size = this.postings.lists.read(term);
    return [...this.postings.lists.documents.subarray(0, size)].filter(this.isLive);
  }

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

  /** Whether enough was removed to sweep it out. */
  get isDue(): boolean {
    const removed = this.numbers - this.#size;
    return removed > Math.max(LEAST_REMOVED, this.numbers * REMOVED_SHARE);
  }

  /** Keeps the lists of what is new short. */
  tidy(): void {
    this.postings.tidy(this.isLive);
  }

  /** The same under new numbers, with nothing of what was removed. This one stays as it is. */
  compacted(): Documents {
    const next = new Documents();
    next.load(atOnce(this.sections()));
    return next;
  }

  /** All that is there now, whatever comes later, and nothing of what was removed. */
  sections(): Slices<Sections> {
    const { numbers } = this;
    const kept = numbers === this.#size ? undefined : this.#liveNumbers();
    const columns = {
      times: keptOf(this.times, numbers, kept),
      confidences: keptOf(this.confidences, numbers, kept),
      versions: keptOf(this.versions, numbers, kept),
      lengths: keptOf(this.lengths, numbers, kept),
    };
    const ids = keptOf(this.#idOf, numbers, kept);
    return joined<Sections>([
      this.postings.sections(kept),
      this.facts.sections(kept),
      this.previews.sections(kept),
      this.#ids.sections("ids", kept && ids),
      { ...columns, idOf: kept ? ids.map((_, at) => at) : ids },
    ]);
  }

  /** Fills an empty one with what `sections` gave. */
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

  #liveNumbers(): Uint32Array<ArrayBuffer> {
    const live = new Uint32Array(this.#size);
    let size = 0;
    for (let document = 0; document < this.numbers; document += 1) {
      if (this.isLive(document)) live[size++] = document;
    }
    return live;
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
