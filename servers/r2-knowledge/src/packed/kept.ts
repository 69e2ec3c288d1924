import { isStep, type Slices } from "./slices.ts";

/** Numbers of what stays, in their order; undefined where all of it does. */
export type Kept = Uint32Array<ArrayBuffer> | undefined;

type Column = Uint32Array<ArrayBuffer> | Float64Array<ArrayBuffer>;
type Units = Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer>;

/** Pieces of different lengths one after the other; one start more than there are pieces. */
export interface Pieces<Whole extends Units> {
  readonly units: Whole;
  readonly starts: Uint32Array<ArrayBuffer>;
}

/** Of the first `size` numbers those that stay. Without removed ones it is no copy. */
export function keptOf<Numbers extends Column>(column: Numbers, size: number, kept: Kept): Numbers {
  if (kept === undefined) return column.subarray(0, size) as Numbers;
  const made = new (column.constructor as new (length: number) => Numbers)(kept.length);
  for (let at = 0; at < kept.length; at += 1) made[at] = column[kept[at] as number] as number;
  return made;
}

/** The pieces that stay, joined. Without removed ones it is no copy. */
export function* keptPieces<Whole extends Units>(
  { units, starts }: Pieces<Whole>,
  kept: Kept,
): Slices<Pieces<Whole>> {
  if (kept === undefined) return { units, starts };
  const ends = new Uint32Array(kept.length + 1);
  for (let at = 0; at < kept.length; at += 1) {
    const piece = kept[at] as number;
    ends[at + 1] = (ends[at] as number) + (starts[piece + 1] as number) - (starts[piece] as number);
  }
  const joined = new (units.constructor as new (length: number) => Whole)(ends.at(-1) ?? 0);
  for (let at = 0; at < kept.length; at += 1) {
    const piece = kept[at] as number;
    const own = units.subarray(starts[piece] as number, starts[piece + 1] as number);
    joined.set(own, ends[at] as number);
    if (isStep(at)) yield;
  }
  return { units: joined, starts: ends };
}

/** The numbers that are marked, in their order, and of each old number its new one. */
export function renumbered(isUsed: (number: number) => boolean, size: number) {
  const numbers = new Uint32Array(size);
  const kept: number[] = [];
  for (let number = 0; number < size; number += 1) {
    if (isUsed(number)) numbers[number] = kept.push(number) - 1;
  }
  return { kept: Uint32Array.from(kept), numbers };
}
