import type { Clock } from "@trestle/protocol";

/** Texts that follow each other in the stream, after the number `after`. */
export interface Batch {
  readonly after: number;
  readonly first: number;
  readonly texts: readonly string[];
}

export interface InOrder {
  take(batch: Batch): void;
  /** Everything up to here has come another way. */
  passed(): void;
  close(): void;
}

export interface InOrderParts {
  /** Up to where all has come. */
  readonly seen: () => number;
  readonly push: (seq: number, text: string) => void;
  /** Something is missing, and does not come by itself. */
  readonly onHole: () => void;
  readonly clock: Clock;
}

/** What several bridges tell at once comes in any order, and soon. */
const HOLE_MS = 30;
const MOST_EARLY = 1_000;

/** Brings batches in the order of their numbers, however they come. */
export function createInOrder({ seen, push, onHole, clock }: InOrderParts): InOrder {
  let early: Batch[] = [];
  let cancel: (() => void) | undefined;

  const isOver = ({ first, texts }: Batch): boolean => first + texts.length - 1 <= seen();

  function pushAll({ first, texts }: Batch): void {
    for (const [at, text] of texts.entries()) if (first + at > seen()) push(first + at, text);
  }

  function passed(): void {
    for (;;) {
      early = early.filter((batch) => !isOver(batch));
      const next = early.find(({ after }) => after <= seen());
      if (next === undefined) break;
      pushAll(next);
    }
    if (early.length === 0) {
      cancel?.();
      cancel = undefined;
    }
  }

  return {
    take(batch) {
      if (isOver(batch)) return;
      early.push(batch);
      if (early.length > MOST_EARLY) early.shift();
      passed();
      if (early.length === 0) return;
      cancel ??= clock.after(HOLE_MS, () => {
        cancel = undefined;
        onHole();
      });
    },
    passed,
    close() {
      cancel?.();
      early = [];
    },
  };
}
