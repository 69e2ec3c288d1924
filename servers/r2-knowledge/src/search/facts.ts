import { grown } from "../packed/growing.ts";
import { type Kept, keptOf, renumbered } from "../packed/kept.ts";
import type { Sections } from "../packed/sections.ts";
import { isStep, joined, type Slices } from "../packed/slices.ts";
import { Vocabulary } from "../packed/vocabulary.ts";
import { MOST_FACTS } from "../records/record-facts.ts";
import type { SearchEntry } from "./entry.ts";

/** Facts of a record that are no metadata; no key of metadata begins so. */
export const TYPE = "\0type";
export const SEVERITY = "\0severity";
export const CONTEXT = "\0context";
type OwnKey = typeof TYPE | typeof SEVERITY | typeof CONTEXT;

/** Ends the key in the text of a fact. */
const END_OF_KEY = "\x01";
/** In the place of a fact that a document does not have. */
const NONE = 0xffffffff;

type Numbers = Uint32Array<ArrayBuffer>;

/**
 * What documents can be filtered and counted by: keys with values, each pair packed as one number. Of our own
 * keys every document has one value at most, in a column; its metadata stands in a list.
 */
export class Facts {
  readonly facts = new Vocabulary();
  readonly #columns: Record<OwnKey, Numbers> = {
    [TYPE]: new Uint32Array(128),
    [SEVERITY]: new Uint32Array(128),
    [CONTEXT]: new Uint32Array(128),
  };
  #lists: Numbers = new Uint32Array(256);
  #starts: Numbers = new Uint32Array(128);
  #documents = 0;
  readonly #contexts: number[] = [];
  /** How many facts were looked at for contexts. */
  #looked = 0;

  add({ type, severity, context, metadata = {} }: SearchEntry): void {
    const document = this.#documents;
    this.#documents += 1;
    const own = { [TYPE]: type, [SEVERITY]: severity, [CONTEXT]: context };
    for (const key of OWN_KEYS) {
      const column = grown(this.#columns[key], this.#documents);
      const value = own[key];
      column[document] = value === undefined ? NONE : this.#numberOf(key, value);
      this.#columns[key] = column;
    }
    const pairs = Object.entries(metadata);
    const start = this.#starts[document] ?? 0;
    this.#lists = grown(this.#lists, start + pairs.length);
    for (const [at, [key, value]] of pairs.entries()) {
      this.#lists[start + at] = this.#numberOf(key, value);
    }
    this.#starts = grown(this.#starts, this.#documents + 1);
    this.#starts[this.#documents] = start + pairs.length;
  }

  /** The value of one of our own keys. */
  ownOf(document: number, key: OwnKey): string | undefined {
    const fact = this.#columns[key][document] ?? NONE;
    return fact === NONE ? undefined : this.pair(fact).value;
  }

  /**
   * Gives documents numbers from 0 on: those with the same one are alike in context, in severity and in the
   * metadata of these keys. With keys, -1 stands for a document of which that much is not sure: it has too many.
   */
  likeness(keys: readonly string[]): (document: number) => number {
    const [contexts, severities] = [this.#columns[CONTEXT], this.#columns[SEVERITY]];
    const [lists, starts] = [this.#lists, this.#starts];
    const isAsked = this.#ofKeys(new Set(keys));
    // The place of a fact, or of none, among those that may stand beside another.
    const width = this.facts.size + 1;
    const placeOf = (fact: number) => (fact === NONE ? 0 : fact + 1);
    let last = -1;
    const firsts = new Map<number, number>();
    const nexts = new Map<number, number>();
    const numberIn = (numbers: Map<number, number>, place: number) => {
      const known = numbers.get(place);
      if (known !== undefined) return known;
      last += 1;
      numbers.set(place, last);
      return last;
    };
    return (document) => {
      const context = placeOf(contexts[document] as number);
      const severity = placeOf(severities[document] as number);
      const first = numberIn(firsts, context * width + severity);
      if (keys.length === 0) return first;
      const [start, end] = [starts[document] as number, starts[document + 1] as number];
      if (end - start >= MOST_FACTS) return -1;
      let number = first;
      for (let at = start; at < end; at += 1) {
        const fact = lists[at] as number;
        if (isAsked[fact] === 1) number = numberIn(nexts, number * width + placeOf(fact));
      }
      return number;
    };
  }

  metadataOf(document: number): Record<string, string> {
    const pairs = [...this.#listOf(document)].map((fact) => this.pair(fact));
    return Object.fromEntries(pairs.map(({ key, value }) => [key, value]));
  }

  find(key: string, value: string): number {
    return this.facts.find(`${key}${END_OF_KEY}${value}`);
  }

  pair(fact: number): { readonly key: string; readonly value: string } {
    const text = this.facts.textOf(fact);
    const end = text.indexOf(END_OF_KEY);
    return { key: text.slice(0, end), value: text.slice(end + 1) };
  }

  /** All that are contexts. */
  contexts(): readonly number[] {
    for (; this.#looked < this.facts.size; this.#looked += 1) {
      if (this.pair(this.#looked).key === CONTEXT) this.#contexts.push(this.#looked);
    }
    return this.#contexts;
  }

  /** Leaves the documents that have one of some facts of a key, in their order, and says how many these are. */
  filter(key: string, wanted: readonly number[]): (found: Uint32Array, size: number) => number {
    const isWanted = new Uint8Array(this.facts.size);
    for (const fact of wanted) isWanted[fact] = 1;
    const column = isOwn(key) ? this.#columns[key] : undefined;
    const [lists, starts] = [this.#lists, this.#starts];
    const has = (document: number) => {
      const end = starts[document + 1] as number;
      for (let at = starts[document] as number; at < end; at += 1) {
        if (isWanted[lists[at] as number] === 1) return true;
      }
      return false;
    };
    return (found, size) => {
      let left = 0;
      for (let at = 0; at < size; at += 1) {
        const document = found[at] as number;
        // A document without the fact has a number there that is beyond all of them.
        const passes = column ? isWanted[column[document] as number] === 1 : has(document);
        if (passes) found[left++] = document;
      }
      return left;
    };
  }

  /** How many of the documents have which fact of a key; of metadata, facts of all its keys are counted. */
  count(key: string, found: Uint32Array, size: number, counts: Numbers): void {
    const column = isOwn(key) ? this.#columns[key] : undefined;
    const [lists, starts] = [this.#lists, this.#starts];
    for (let at = 0; at < size; at += 1) {
      const document = found[at] as number;
      if (column !== undefined) {
        const fact = column[document] as number;
        if (fact !== NONE) counts[fact] = (counts[fact] as number) + 1;
        continue;
      }
      const end = starts[document + 1] as number;
      for (let place = starts[document] as number; place < end; place += 1) {
        const fact = lists[place] as number;
        counts[fact] = (counts[fact] as number) + 1;
      }
    }
  }

  /** As they are now, whatever comes later. */
  sections(kept: Kept): Slices<Sections> {
    const size = this.#documents;
    const columns = OWN_KEYS.map((key) => keptOf(this.#columns[key], size, kept));
    const lists = this.#lists.subarray(0, this.#starts[size] ?? 0);
    const all = { columns, lists, starts: this.#starts.subarray(0, size + 1) };
    if (kept === undefined) {
      return joined([this.facts.sections("facts", undefined), sectionsOf(all)]);
    }
    const { columns: _, ...listed } = all;
    const isUsed = marked(this.facts.size, columns, listed, kept);
    const { kept: used, numbers } = renumbered((fact) => isUsed[fact] === 1, this.facts.size);
    const left = keptLists(columns, listed, kept, numbers);
    return joined([this.facts.sections("facts", used), left]);
  }

  load(sections: Sections): void {
    this.facts.load(sections, "facts");
    for (const [at, key] of OWN_KEYS.entries()) {
      this.#columns[key] = sections[`facts.own${at}`] as Numbers;
    }
    this.#lists = sections["facts.lists"] as Numbers;
    this.#starts = sections["facts.ofDocument"] as Numbers;
    this.#documents = this.#starts.length - 1;
  }

  #listOf(document: number): Numbers {
    return this.#lists.subarray(this.#starts[document] ?? 0, this.#starts[document + 1] ?? 0);
  }

  #ofKeys(keys: ReadonlySet<string>): Uint8Array {
    const marks = new Uint8Array(this.facts.size);
    if (keys.size === 0) return marks;
    for (let fact = 0; fact < marks.length; fact += 1) {
      if (keys.has(this.pair(fact).key)) marks[fact] = 1;
    }
    return marks;
  }

  #numberOf(key: string, value: string): number {
    return this.facts.add(`${key}${END_OF_KEY}${value}`);
  }
}

const OWN_KEYS = [TYPE, SEVERITY, CONTEXT] as const;

function isOwn(key: string): key is OwnKey {
  return (OWN_KEYS as readonly string[]).includes(key);
}

interface Lists {
  readonly lists: Numbers;
  readonly starts: Numbers;
}

function sectionsOf({
  columns,
  lists,
  starts,
}: Lists & { readonly columns: readonly Numbers[] }): Sections {
  const own = columns.map((column, at) => [`facts.own${at}`, column] as const);
  return { ...Object.fromEntries(own), "facts.lists": lists, "facts.ofDocument": starts };
}

/** Facts that what stays has. */
function marked(
  size: number,
  columns: readonly Numbers[],
  { lists, starts }: Lists,
  kept: Numbers,
): Uint8Array {
  const isUsed = new Uint8Array(size);
  for (const column of columns) for (const fact of column) if (fact !== NONE) isUsed[fact] = 1;
  for (const document of kept) {
    const end = starts[document + 1] as number;
    for (let at = starts[document] as number; at < end; at += 1) isUsed[lists[at] as number] = 1;
  }
  return isUsed;
}

/** What stays, by the new numbers of its facts. */
function* keptLists(
  columns: readonly Numbers[],
  { lists, starts }: Lists,
  kept: Numbers,
  numbers: Numbers,
): Slices<Sections> {
  const ends = new Uint32Array(kept.length + 1);
  const left: number[] = [];
  for (const [at, document] of kept.entries()) {
    for (
      let place = starts[document] as number;
      place < (starts[document + 1] as number);
      place += 1
    )
      left.push(numbers[lists[place] as number] as number);
    ends[at + 1] = left.length;
    if (isStep(at)) yield;
  }
  const own = columns.map((column) =>
    column.map((fact) => (fact === NONE ? NONE : (numbers[fact] as number))),
  );
  return sectionsOf({ columns: own, lists: Uint32Array.from(left), starts: ends });
}
