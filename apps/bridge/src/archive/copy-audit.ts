import { type ChainHead, type ChainLine, type ChainPlace, tailChain } from "@trestle/access";
import { insertAudit, lastAudit } from "./audit-rows.ts";
import type { Query } from "./connection.ts";

export interface AuditCopyParts {
  readonly audit: { readonly folder: string; head(): ChainHead };
  readonly home: string;
  readonly query: Query;
}

/** Copies the audit log, which stays where it is. */
export interface AuditCopy {
  /** Copies one batch; true where there is more. */
  step(): Promise<boolean>;
  /** Entries that are not copied yet. */
  behind(): number;
  /** Why the copy is not one of this log. */
  problem(): string | undefined;
}

const BATCH = 500;

/** What is copied already is asked of Postgres itself, and every line behind it goes there as it stands. */
export function createAuditCopy({ audit, home, query }: AuditCopyParts): AuditCopy {
  let copied: number | undefined;
  let place: ChainPlace | undefined;
  let problem: string | undefined;

  /** Finds the place of the last copied entry. Where that is not in this log, all of it is copied anew. */
  async function findPlace(): Promise<void> {
    const last = await lastAudit(query, home);
    if (last.seq === 0) {
      copied = 0;
      return;
    }
    for await (const { entry, place: at } of tailChain(audit)) {
      if (entry.seq < last.seq) continue;
      if (last.hashes.includes(entry.hash)) [copied, place] = [entry.seq, at];
      break;
    }
    if (last.hashes.length === 1 && copied !== undefined) return;
    problem =
      "the copy of the audit log has other entries than this home: trestle audit verify --postgres says where";
    [copied, place] = [0, undefined];
  }

  return {
    async step() {
      if (copied === undefined) await findPlace();
      if (audit.head().seq <= (copied ?? 0)) return false;
      const lines: ChainLine[] = [];
      for await (const line of tailChain(audit, place)) {
        // What is not acknowledged yet may still be cut off.
        if (line.entry.seq > audit.head().seq) break;
        lines.push(line);
        if (lines.length === BATCH) break;
      }
      const last = lines.at(-1);
      if (!last) return false;
      await insertAudit(query, home, lines);
      [copied, place] = [last.entry.seq, last.place];
      return lines.length === BATCH;
    },
    behind: () => Math.max(0, audit.head().seq - (copied ?? 0)),
    problem: () => problem,
  };
}
