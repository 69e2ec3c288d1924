import { grown } from "./growing.ts";
import { type Kept, keptPieces, type Pieces } from "./kept.ts";
import type { Sections } from "./sections.ts";
import type { Slices } from "./slices.ts";

const EMPTY = -1;

/** Texts numbered from 0 in the order they came, each once, all of them packed into a few arrays. */
export class Vocabulary {
  #units: Uint16Array<ArrayBuffer> = new Uint16Array(1_024);
  /** Where each begins; one more than there are texts. */
  #starts: Uint32Array<ArrayBuffer> = new Uint32Array(128);
  #slots: Int32Array<ArrayBuffer> = new Int32Array(256).fill(EMPTY);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The number of a text, or -1. */
  find(text: string): number {
    return this.#slots[this.#slotOf(text)] ?? EMPTY;
  }

  /** The number of a text, a new one if it has none. */
  add(text: string): number {
    const slot = this.#slotOf(text);
    const known = this.#slots[slot] ?? EMPTY;
    if (known !== EMPTY) return known;
    const number = this.#size;
    const start = this.#starts[number] ?? 0;
    this.#units = grown(this.#units, start + text.length);
    for (let at = 0; at < text.length; at += 1) this.#units[start + at] = text.charCodeAt(at);
    this.#starts = grown(this.#starts, number + 2);
    this.#starts[number + 1] = start + text.length;
    this.#slots[slot] = number;
    this.#size += 1;
    if (this.#size * 2 > this.#slots.length) this.#fillSlots();
    return number;
  }

  textOf(number: number): string {
    const units = this.#units.subarray(this.#starts[number] ?? 0, this.#starts[number + 1] ?? 0);
    // Spread, every unit would cost an object on its way.
    return Reflect.apply(String.fromCharCode, undefined, units);
  }

  lengthOf(number: number): number {
    return (this.#starts[number + 1] ?? 0) - (this.#starts[number] ?? 0);
  }

  /** The UTF-16 code unit of a text at a place inside of it. */
  unitAt(number: number, at: number): number {
    return this.#units[(this.#starts[number] ?? 0) + at] ?? 0;
  }

  /** As it is now, whatever comes later: all texts, or those of these numbers under new ones. */
  sections(name: string, kept: Kept): Slices<Sections> {
    const end = this.#starts[this.#size] ?? 0;
    const pieces = {
      units: this.#units.subarray(0, end),
      starts: this.#starts.subarray(0, this.#size + 1),
    };
    return named(name, pieces, kept);
  }

  load(sections: Sections, name: string): void {
    this.#units = sections[`${name}.units`] as Uint16Array<ArrayBuffer>;
    this.#starts = sections[`${name}.starts`] as Uint32Array<ArrayBuffer>;
    this.#size = this.#starts.length - 1;
    this.#fillSlots();
  }

  #slotOf(text: string): number {
    const mask = this.#slots.length - 1;
    let hash = 0x811c9dc5;
    for (let at = 0; at < text.length; at += 1) hash = mixed(hash, text.charCodeAt(at));
    for (let slot = spread(hash) & mask; ; slot = (slot + 1) & mask) {
      const number = this.#slots[slot] ?? EMPTY;
      if (number === EMPTY || this.#is(number, text)) return slot;
    }
  }

  #is(number: number, text: string): boolean {
    const start = this.#starts[number] ?? 0;
    if ((this.#starts[number + 1] ?? 0) - start !== text.length) return false;
    for (let at = 0; at < text.length; at += 1) {
      if (this.#units[start + at] !== text.charCodeAt(at)) return false;
    }
    return true;
  }

  #fillSlots(): void {
    let length = 256;
    while (length < this.#size * 3) length *= 2;
    const slots = new Int32Array(length).fill(EMPTY);
    const mask = length - 1;
    for (let number = 0; number < this.#size; number += 1) {
      let hash = 0x811c9dc5;
      const end = this.#starts[number + 1] ?? 0;
      for (let at = this.#starts[number] ?? 0; at < end; at += 1) {
        hash = mixed(hash, this.#units[at] ?? 0);
      }
      let slot = spread(hash) & mask;
      while (slots[slot] !== EMPTY) slot = (slot + 1) & mask;
      slots[slot] = number;
    }
    this.#slots = slots;
  }
}

function* named(
  name: string,
  pieces: Pieces<Uint16Array<ArrayBuffer>>,
  kept: Kept,
): Slices<Sections> {
  const { units, starts } = yield* keptPieces(pieces, kept);
  return { [`${name}.units`]: units, [`${name}.starts`]: starts };
}

function mixed(hash: number, unit: number): number {
  return Math.imul(hash ^ unit, 0x01000193);
}

function spread(hash: number): number {
  return hash ^ (hash >>> 15);
}
