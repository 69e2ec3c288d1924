import type { Clock } from "@trestle/protocol";
import type { Sqlite, SqlStatement } from "@trestle/store";

/** Tells the processes on one ledger apart: which still live, which are gone. */
export interface Presence {
  /** The statement that shows that this process lives. */
  beat(): SqlStatement;
  /** While there is work, the beat is repeated. */
  busy(calls: number): void;
  isAlive(id: string): boolean;
}

const BEAT_MS = 5_000;
/** Without a beat for this long a process counts as gone, whatever its pid says. */
const SILENT_MS = 30_000;

interface Self {
  readonly id: string;
  readonly pid: number;
  readonly host: string;
  /** When this process began; tells it from an earlier one of the same pid. */
  readonly began: number;
}

export function createPresence(
  database: Sqlite,
  { self, clock }: { self: Self; clock: Clock },
): Presence {
  let cancelBeat: (() => void) | undefined;

  function beat(): SqlStatement {
    return {
      sql: `INSERT INTO process (id, pid, host, began, seen_at) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at`,
      params: [self.id, self.pid, self.host, self.began, clock.now()],
    };
  }

  function show(): void {
    database.append(beat());
    cancelBeat = clock.after(BEAT_MS, show);
  }

  return {
    beat,
    busy(calls) {
      if (calls > 0) {
        cancelBeat ??= clock.after(BEAT_MS, show);
        return;
      }
      cancelBeat?.();
      cancelBeat = undefined;
    },
    isAlive(id) {
      const [row] = database.read("SELECT pid, host, began, seen_at FROM process WHERE id = ?", [
        id,
      ]);
      if (row === undefined || Number(row.seen_at) < clock.now() - SILENT_MS) return false;
      // Pids mean nothing across machines, so there only the beat counts.
      if (row.host !== self.host) return true;
      return row.pid === self.pid ? row.began === self.began : pidExists(Number(row.pid));
    },
  };
}

function pidExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Somebody else's process is a process too.
    return (error as { code?: string }).code === "EPERM";
  }
}
