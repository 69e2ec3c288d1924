import {
  type CheckOptions,
  type CheckParts,
  compareWithRecords,
  type Difference,
  type Finding,
} from "./check.ts";
import type { LedgerLine } from "./fold.ts";

export type RepairOptions = Omit<CheckOptions, "settledMs">;

export interface RepairParts extends CheckParts {
  readonly append: (lines: readonly LedgerLine[]) => Promise<void>;
}

export interface Repaired {
  /** Lines that were written for records, and for records that are no more. */
  readonly indexed: number;
  /** Objects of deleted records that were removed. */
  readonly removed: number;
  /** What only a rebuild, or a person, can mend. */
  readonly left: readonly Finding[];
}

const LINES_AT_ONCE = 500;

/** A line too many does no harm, so that what is still on its way is written, too. */
export async function repairIndex(parts: RepairParts, options: RepairOptions): Promise<Repaired> {
  const { differences } = await compareWithRecords(parts, {
    ...options,
    settledMs: Number.NEGATIVE_INFINITY,
  });
  const lines = differences.flatMap((difference) => lineFor(difference, parts.clock.now()) ?? []);
  for (let at = 0; at < lines.length; at += LINES_AT_ONCE) {
    options.signal?.throwIfAborted();
    await parts.append(lines.slice(at, at + LINES_AT_ONCE));
  }
  const deleted = differences.flatMap(({ finding }) =>
    finding.kind === "undeleted_record" ? [finding.key] : [],
  );
  if (deleted.length > 0) await parts.store.delete(deleted);
  const left = differences
    .map(({ finding }) => finding)
    .filter(({ kind }) => kind === "ahead" || kind === "corrupt_record");
  return { indexed: lines.length, removed: deleted.length, left };
}

function lineFor({ finding, line }: Difference, now: number): LedgerLine | undefined {
  if (finding.kind === "unindexed") return line;
  if (finding.kind !== "missing_record") return undefined;
  return { kind: "gone", id: finding.id, version: finding.indexed ?? 0, at: now };
}
