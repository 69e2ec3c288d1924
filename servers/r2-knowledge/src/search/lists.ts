import { grown } from "../packed/growing.ts";

/** Where the terms of documents are read from. */
export interface TermSource {
  readonly documents: number;
  /** Reads the terms of a document, in the order of their numbers, and says how many there are. */
  read(document: number): number;
  readTerms: Uint32Array;
  readImpacts: Uint8Array;
}

/**
 * The documents of each term. They are packed, for each the gap to the one before it and its impact; what came
 * since they were made stands in short lists beside.
 */
export class Lists {
  /** What `read` has read. */
  documents: Uint32Array<ArrayBuffer> = new Uint32Array(1_024);
  impacts: Uint8Array<ArrayBuffer> = new Uint8Array(1_024);
  #packed: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  #starts: Uint32Array<ArrayBuffer> = new Uint32Array(1);
  /** Documents times 256, plus the impact. */
  #recent = new Map<number, number[]>();

  add(term: number, document: number, impact: number): void {
    const list = this.#recent.get(term);
    const place = document * 256 + impact;
    if (list === undefined) this.#recent.set(term, [place]);
    else list.push(place);
  }

  /** Reads the documents of a term, removed ones among them, in their order, and says how many there are. */
  read(term: number): number {
    const recent = this.#recent.get(term) ?? [];
    const end = this.#starts[term + 1] ?? 0;
    let at = Math.min(this.#starts[term] ?? end, end);
    const room = (end - at) / 2 + recent.length;
    this.documents = grown(this.documents, room);
    this.impacts = grown(this.impacts, room);
    const { documents, impacts } = this;
    const packed = this.#packed;
    let size = 0;
    let document = 0;
    while (at < end) {
      let byte = packed[at++] as number;
      let gap = byte & 127;
      for (let shift = 7; byte > 127; shift += 7) {
        byte = packed[at++] as number;
        gap |= (byte & 127) << shift;
      }
      document += gap;
      documents[size] = document;
      impacts[size] = packed[at++] as number;
      size += 1;
    }
    for (const place of recent) {
      documents[size] = Math.floor(place / 256);
      impacts[size] = place % 256;
      size += 1;
    }
    return size;
  }

  /** Makes the lists anew, without what was removed. */
  make(source: TermSource, terms: number, isLive: (document: number) => boolean): void {
    const last = new Uint32Array(terms);
    const starts = new Uint32Array(terms + 1);
    forEachPlace(source, isLive, (term, document) => {
      const gap = document - (last[term] as number);
      last[term] = document;
      starts[term + 1] = (starts[term + 1] as number) + widthOf(gap) + 1;
    });
    for (let term = 0; term < terms; term += 1) {
      starts[term + 1] = (starts[term + 1] as number) + (starts[term] as number);
    }
    const packed = new Uint8Array(starts[terms] ?? 0);
    const next = starts.slice(0, terms);
    last.fill(0);
    forEachPlace(source, isLive, (term, document, impact) => {
      const at = packNumber(packed, next[term] as number, document - (last[term] as number));
      last[term] = document;
      packed[at] = impact;
      next[term] = at + 1;
    });
    this.#packed = packed;
    this.#starts = starts;
    this.#recent = new Map();
  }
}

/** Writes a number, smaller ones in fewer bytes, and says where it ends. */
export function packNumber(bytes: Uint8Array, start: number, number: number): number {
  let at = start;
  let rest = number;
  while (rest > 127) {
    bytes[at++] = (rest & 127) | 128;
    rest >>>= 7;
  }
  bytes[at++] = rest;
  return at;
}

function widthOf(number: number): number {
  return number < 2 ** 7
    ? 1
    : number < 2 ** 14
      ? 2
      : number < 2 ** 21
        ? 3
        : number < 2 ** 28
          ? 4
          : 5;
}

function forEachPlace(
  source: TermSource,
  isLive: (document: number) => boolean,
  visit: (term: number, document: number, impact: number) => void,
): void {
  for (let document = 0; document < source.documents; document += 1) {
    if (!isLive(document)) continue;
    const size = source.read(document);
    const { readTerms, readImpacts } = source;
    for (let at = 0; at < size; at += 1) {
      visit(readTerms[at] as number, document, readImpacts[at] as number);
    }
  }
}
