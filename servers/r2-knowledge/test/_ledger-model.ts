import type { LedgerLine } from "../src/ledger/fold.ts";
import type { Known } from "../src/ledger/merge.ts";
import type { OpenedLedger } from "./_ledger-parts.ts";

/** What was tried and what was acknowledged, and so what a ledger may show. */
export interface Model {
  /** Before the lines are given away. */
  tried(lines: readonly LedgerLine[]): void;
  acknowledged(lines: readonly LedgerLine[]): void;
  /** What is acknowledged now; the state of a ledger that is refreshed from here on is not below it. */
  floor(): ReadonlyMap<string, Known>;
  /** What is wrong with the state of a ledger, as sentences. */
  faults(ledger: OpenedLedger, floor: ReadonlyMap<string, Known>): string[];
}

export function createModel(): Model {
  const tries = new Set<string>();
  const ids = new Set<string>();
  const best = new Map<string, Known>();

  return {
    tried(lines) {
      for (const { kind, id, version } of lines) {
        ids.add(id);
        tries.add(`${id} ${version} ${kind}`);
      }
    },
    acknowledged(lines) {
      for (const { kind, id, version } of lines) {
        const known = { version, gone: kind === "gone" };
        if (isAtLeast(known, best.get(id))) best.set(id, known);
      }
    },
    floor: () => new Map(best),
    faults(ledger, floor) {
      const faults: string[] = [];
      for (const id of ids) {
        const known = ledger.get(id);
        const least = floor.get(id);
        if (least !== undefined && !isAtLeast(known, least)) {
          faults.push(`${id}: ${show(known)}, though ${show(least)} was acknowledged`);
        }
        if (known && !tries.has(`${id} ${known.version} ${known.gone ? "gone" : "put"}`)) {
          faults.push(`${id}: ${show(known)} was never written`);
        }
        const shown = ledger.fold.entries.get(id);
        const wanted = known === undefined || known.gone ? undefined : known.version;
        if (shown?.version !== wanted) faults.push(`${id}: shows ${shown?.version}, not ${wanted}`);
        if (shown !== undefined && shown.entry !== `${id} ${shown.version}`) {
          faults.push(`${id}: shows the entry ${shown.entry} at ${shown.version}`);
        }
      }
      return faults;
    },
  };
}

function isAtLeast(known: Known | undefined, least: Known | undefined): boolean {
  if (least === undefined) return true;
  if (known === undefined) return false;
  if (known.version !== least.version) return known.version > least.version;
  return known.gone || !least.gone;
}

function show(known: Known | undefined): string {
  return known === undefined ? "nothing" : `${known.gone ? "gone" : "put"} ${known.version}`;
}
