import { choiceFrom, countFrom } from "../measure.ts";
import type { Era } from "./client.ts";
import type { UpstreamKind } from "./peers.ts";

/** How much is measured. Every table says these numbers, so that a quick look is not taken for more. */
export interface Settings {
  /** Rounds per cell, each peer once in every round; `ROUNDS=4` for a quick look. */
  readonly rounds: number;
  /** Calls per peer and round. */
  readonly calls: number;
  readonly kinds: readonly UpstreamKind[];
  readonly eras: readonly Era[];
  readonly concurrencies: readonly number[];
  /** Calls before memory is read. */
  readonly memoryCalls: number;
  /** Starts of each kind. */
  readonly starts: number;
  readonly parts: readonly Part[];
}

const PARTS = ["cells", "hits", "surfaces", "memory", "starts"] as const;
type Part = (typeof PARTS)[number];

export function readSettings(): Settings {
  const kinds: readonly UpstreamKind[] = ["stdio", "http"];
  return {
    rounds: countFrom("ROUNDS", 20),
    calls: countFrom("CALLS", 2_000),
    kinds: choiceFrom("ONLY", kinds),
    eras: choiceFrom<Era>("ERAS", ["legacy", "modern"]),
    concurrencies: choiceFrom("CONCURRENCIES", [1, 16, 64]),
    memoryCalls: countFrom("MEMORY_CALLS", 40_000),
    starts: countFrom("STARTS", 7),
    parts: choiceFrom<Part>("PARTS", PARTS),
  };
}
