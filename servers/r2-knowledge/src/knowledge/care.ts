import type { Finding } from "../ledger/check.ts";
import type { CaredIndex, Indexes } from "./indexes.ts";
import type { IndexCare, IndexReport } from "./knowledge-store.ts";

const MOST_TOLD = 20;

/** Looks after all indexes, and tells what it found or did in lines for people. */
export function createCare({ cared }: Pick<Indexes, "cared">): IndexCare {
  async function each(
    work: (index: CaredIndex) => Promise<{ ok: boolean; lines: string[] }>,
  ): Promise<IndexReport> {
    const reports: { ok: boolean; lines: string[] }[] = [];
    for (const index of cared) {
      const { ok, lines } = await work(index);
      reports.push({ ok, lines: lines.map((line) => `${index.name}: ${line}`) });
    }
    return { ok: reports.every(({ ok }) => ok), lines: reports.flatMap(({ lines }) => lines) };
  }

  return {
    check: ({ repair = false, signal } = {}) =>
      each(async ({ ledger, records }) => {
        if (repair) {
          const { indexed, removed, left } = await ledger.repair({ records, signal });
          const lines = [`${indexed} lines written, ${removed} deleted objects removed`];
          return {
            ok: left.length === 0,
            lines: [...lines, ...left.slice(0, MOST_TOLD).map(inWords)],
          };
        }
        const { records: count, findings } = await ledger.check({ records, signal });
        if (findings.length === 0) return { ok: true, lines: [`${count} records, all in order`] };
        const lines = [
          `${count} records, ${findings.length} ${findings.length === 1 ? "fault" : "faults"}`,
        ];
        return { ok: false, lines: [...lines, ...findings.slice(0, MOST_TOLD).map(inWords)] };
      }),
    rebuild: ({ trustRecords, signal } = {}) =>
      each(async ({ ledger, records, createFold }) => {
        const made = await ledger.rebuild({ records, createFold, trustRecords, signal });
        return { ok: true, lines: [`made anew of ${made.records} records`] };
      }),
    compact: ({ signal } = {}) =>
      each(async ({ ledger }) => {
        signal?.throwIfAborted();
        const made = await ledger.compact();
        return { ok: made.kind !== "damaged", lines: [COMPACTED[made.kind](made as never)] };
      }),
  };
}

const COMPACTED = {
  done: ({ absorbed }: { absorbed: number }) => `${absorbed} segments are in the snapshot now`,
  nothing: () => "there was nothing to compact",
  too_soon: ({ waitMs }: { waitMs: number }) =>
    `it was compacted just now; again in ${Math.ceil(waitMs / 1_000)} s`,
  lost: () => "another process compacts it at this moment",
  damaged: () => "it is damaged: trestle-knowledge index rebuild makes it anew of the records",
};

const WORDS: Readonly<Record<string, string>> = {
  unindexed: "is stored, and no search finds it (index check --repair)",
  missing_record: "is found by searches, and its object is not there (index check --repair)",
  undeleted_record: "was deleted, and its object is still there (index check --repair)",
  ahead: "is older than the index knows it: it was put back by hand (index rebuild)",
};

function inWords(finding: Finding): string {
  if ("message" in finding) return `${finding.key}: ${finding.message}`;
  return `${finding.id} ${WORDS[finding.kind] ?? finding.kind}`;
}
