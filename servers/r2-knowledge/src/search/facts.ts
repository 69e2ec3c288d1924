import type { SearchEntry } from "./entry.ts";
import { grown } from "./growing.ts";
import type { Sections } from "./snapshot.ts";
import { Vocabulary } from "./vocabulary.ts";

/** Facts of a record that are no metadata; no key of metadata begins so. */
export const TYPE = "\0type";
export const SEVERITY = "\0severity";
export const CONTEXT = "\0context";

/** Ends the key in the text of a fact. */
const END_OF_KEY = "\x01";

/** What documents can be filtered and counted by: keys with values, each pair packed as one number. */
export class Facts {
  facts = new Vocabulary();
  #lists: Uint32Array<ArrayBuffer> = new Uint32Array(256);
  #starts: Uint32Array<ArrayBuffer> = new Uint32Array(128);
  #documents = 0;

  add({ type, severity, context, metadata = {} }: SearchEntry): void {
    const own = [
      [TYPE, type],
      [SEVERITY, severity],
      [CONTEXT, context],
    ] as const;
    const pairs = [...own, ...Object.entries(metadata)].filter(([, value]) => value !== undefined);
    const start = this.#starts[this.#documents] ?? 0;
    this.#lists = grown(this.#lists, start + pairs.length);
    for (const [at, [key, value = ""]] of pairs.entries()) {
      this.#lists[start + at] = this.facts.add(`${key}${END_OF_KEY}${value}`);
    }
    this.#documents += 1;
    this.#starts = grown(this.#starts, this.#documents + 1);
    this.#starts[this.#documents] = start + pairs.length;
  }

  /** The facts of a document. */
  of(document: number): Uint32Array {
    return this.#lists.subarray(this.#starts[document] ?? 0, this.#starts[document + 1] ?? 0);
  }

  find(key: string, value: string): number {
    return this.facts.find(`${key}${END_OF_KEY}${value}`);
  }

  pair(fact: number): { readonly key: string; readonly value: string } {
    const text = this.facts.textOf(fact);
    const end = text.indexOf(END_OF_KEY);
    return { key: text.slice(0, end), value: text.slice(end + 1) };
  }

  /** Whether a document has one of the facts. */
  hasAny(document: number, wanted: ReadonlySet<number>): boolean {
    const end = this.#starts[document + 1] ?? 0;
    for (let at = this.#starts[document] ?? 0; at < end; at += 1) {
      if (wanted.has(this.#lists[at] as number)) return true;
    }
    return false;
  }

  /** Adds one for each fact of a document. */
  count(document: number, counts: Uint32Array): void {
    const end = this.#starts[document + 1] ?? 0;
    for (let at = this.#starts[document] ?? 0; at < end; at += 1) {
      const fact = this.#lists[at] as number;
      counts[fact] = (counts[fact] as number) + 1;
    }
  }

  compact(isLive: (document: number) => boolean): void {
    const known = this.facts;
    this.facts = new Vocabulary();
    let kept = 0;
    let end = 0;
    for (let document = 0; document < this.#documents; document += 1) {
      if (!isLive(document)) continue;
      for (const fact of this.of(document).slice()) {
        this.#lists[end++] = this.facts.add(known.textOf(fact));
      }
      kept += 1;
      this.#starts[kept] = end;
    }
    this.#documents = kept;
  }

  save(): Sections {
    return {
      ...this.facts.save("facts"),
      "facts.lists": this.#lists.slice(0, this.#starts[this.#documents] ?? 0),
      "facts.ofDocument": this.#starts.slice(0, this.#documents + 1),
    };
  }

  load(sections: Sections): void {
    this.facts.load(sections, "facts");
    this.#lists = sections["facts.lists"] as Uint32Array<ArrayBuffer>;
    this.#starts = sections["facts.ofDocument"] as Uint32Array<ArrayBuffer>;
    this.#documents = this.#starts.length - 1;
  }
}
