import { createHash } from "node:crypto";
import { canonicalJson, type JsonObject } from "@trestle/protocol";

/** How many items of one kind there are, and what they are in sum: the same in whatever order they came. */
export interface KindTally {
  readonly count: number;
  /** Sum of the SHA-256 of each, modulo 2^256, in hexadecimal. */
  readonly digest: string;
}

/** By kind; a kind without items is left out. */
export type Tally = Readonly<Record<string, KindTally>>;

export interface TallyBuilder {
  add(kind: string, item: JsonObject): void;
  tally(): Tally;
}

const MODULUS = 2n ** 256n;
const DIGITS = 64;

export function createTally(): TallyBuilder {
  const kinds = new Map<string, { count: number; sum: bigint }>();
  return {
    add(kind, item) {
      const hash = createHash("sha256")
        .update(canonicalJson(inOrder(kind, item)))
        .digest("hex");
      const sum = BigInt(`0x${hash}`);
      const found = kinds.get(kind);
      if (found === undefined) kinds.set(kind, { count: 1, sum });
      else {
        found.count += 1;
        found.sum = (found.sum + sum) % MODULUS;
      }
    },
    tally: () =>
      Object.fromEntries(
        [...kinds].map(([kind, { count, sum }]) => [
          kind,
          { count, digest: sum.toString(16).padStart(DIGITS, "0") },
        ]),
      ),
  };
}

/** In which order a store heard of the sessions of a task says nothing. */
function inOrder(kind: string, item: JsonObject): JsonObject {
  if (kind !== "task") return item;
  const sorted = (value: unknown) => (Array.isArray(value) ? value.map(String).toSorted() : []);
  return { ...item, sessions: sorted(item.sessions), merged: sorted(item.merged) };
}

/** Kinds of which two tallies differ. */
export function differences(one: Tally, other: Tally): readonly string[] {
  const kinds = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...kinds].filter(
    (kind) => one[kind]?.count !== other[kind]?.count || one[kind]?.digest !== other[kind]?.digest,
  );
}
