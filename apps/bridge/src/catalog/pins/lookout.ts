import type { Clock } from "@trestle/protocol";
import type { PinRules } from "./judge.ts";
import {
  createNeighbours,
  type Neighbours,
  noNeighbours,
  type OfferedTools,
} from "./neighbours.ts";

/** Says who stands beside whom, once that may be looked at. */
export interface Lookout {
  neighbours(all: readonly OfferedTools[], scan: PinRules["scan"]): Neighbours;
  /** Looks now, unless it has begun. */
  look(): void;
  close(): void;
}

/** Until then the first list of a start is out. */
const LOOK_MS = 2_000;

/** What servers say of one another keeps the first list of a start waiting only where it withholds something. */
export function createLookout(clock: Clock, onLook: () => void): Lookout {
  const neighboursOf = createNeighbours();
  let hasBegun = false;
  const cancel = clock.after(LOOK_MS, look);

  function look(): void {
    if (hasBegun) return;
    hasBegun = true;
    onLook();
  }

  return {
    neighbours(all, scan) {
      const isLook = scan === "block" || (scan === "warn" && hasBegun);
      return isLook ? neighboursOf(all) : noNeighbours;
    },
    look,
    close: cancel,
  };
}
