import { grown } from "../packed/growing.ts";
import { type Kept, keptPieces, type Pieces } from "../packed/kept.ts";
import type { Sections } from "../packed/sections.ts";
import type { Slices } from "../packed/slices.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A text of each document, numbered as they come, one after the other in one piece of memory. */
export class Texts {
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(4_096);
  #starts: Uint32Array<ArrayBuffer> = new Uint32Array(128);
  #size = 0;

  add(text: string): void {
    const start = this.#starts[this.#size] ?? 0;
    this.#bytes = grown(this.#bytes, start + text.length * 3);
    const { written } = encoder.encodeInto(text, this.#bytes.subarray(start));
    this.#size += 1;
    this.#starts = grown(this.#starts, this.#size + 1);
    this.#starts[this.#size] = start + written;
  }

  at(number: number): string {
    const [from = 0, to = 0] = [this.#starts[number], this.#starts[number + 1]];
    return from === to ? "" : decoder.decode(this.#bytes.subarray(from, to));
  }

  /** As they are now, whatever comes later. */
  sections(name: string, kept: Kept): Slices<Sections> {
    const end = this.#starts[this.#size] ?? 0;
    const pieces = {
      units: this.#bytes.subarray(0, end),
      starts: this.#starts.subarray(0, this.#size + 1),
    };
    return named(name, pieces, kept);
  }

  load(sections: Sections, name: string): void {
    this.#bytes = sections[`${name}.bytes`] as Uint8Array<ArrayBuffer>;
    this.#starts = sections[`${name}.starts`] as Uint32Array<ArrayBuffer>;
    this.#size = this.#starts.length - 1;
  }
}

function* named(
  name: string,
  pieces: Pieces<Uint8Array<ArrayBuffer>>,
  kept: Kept,
): Slices<Sections> {
  const { units, starts } = yield* keptPieces(pieces, kept);
  return { [`${name}.bytes`]: units, [`${name}.starts`]: starts };
}
