import type { Clock, Logger } from "@trestle/protocol";
import type { Fold } from "../ledger/fold.ts";
import { type Ledger, openLedger } from "../ledger/ledger.ts";
import type { Records } from "../ledger/records.ts";
import type { CallOptions, ObjectStore } from "../object-store/object-store.ts";
import type { SearchAnswer, SearchQuery } from "../search/query.ts";
import { createSearchIndex } from "../search/search-index.ts";
import { auditRecords, diagnosisRecords, outcomeRecords } from "./indexed-records.ts";
import { createRowFold, type RowFold } from "./row-fold.ts";
import { createTallies, type Tallies } from "./tallies.ts";

/** What is known of all records at once, in memory and kept up to date with the bucket. */
export interface Indexes {
  readonly diagnoses: DiagnosisIndex;
  readonly audits: SearchableIndex;
  readonly outcomes: Pick<Ledger, "append">;
  /** Brings diagnoses and outcomes up to what is durable, as far as `KNOWLEDGE_REFRESH_MS` asks. */
  refresh(options?: CallOptions): Promise<void>;
  /** All of them, for those who look after them. */
  readonly cared: readonly CaredIndex[];
  close(): Promise<void>;
}

export interface SearchableIndex extends Pick<Ledger, "append" | "refresh" | "status"> {
  search(query: SearchQuery): SearchAnswer;
}

export interface DiagnosisIndex extends SearchableIndex {
  readonly rows: Omit<RowFold, keyof Fold>;
}

export interface CaredIndex {
  readonly name: "diagnoses" | "audits" | "outcomes";
  readonly ledger: Ledger;
  readonly records: Records;
  readonly createFold: () => Fold;
}

export interface IndexParts {
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly log: Logger;
  readonly random: () => number;
  /** Names this process in keys. */
  readonly writer: string;
  readonly refreshMs: number;
  readonly autoCompact: boolean;
  readonly tallies: Tallies;
  readonly summarise: (name: "diagnoses" | "audits" | "outcomes") => Promise<void>;
}

export function openIndexes(parts: IndexParts): Indexes {
  const search = createSearchIndex();
  const rows = createRowFold(search);
  const audits = createSearchIndex();
  const open = (name: CaredIndex["name"], fold: Fold) => openOne(parts, name, fold);
  const diagnosisLedger = open("diagnoses", rows);
  const outcomeLedger = open("outcomes", parts.tallies);
  const auditLedger = open("audits", audits);
  const cared: CaredIndex[] = [
    {
      ...{ name: "diagnoses", ledger: diagnosisLedger, records: diagnosisRecords },
      createFold: createSearchIndex,
    },
    {
      ...{ name: "outcomes", ledger: outcomeLedger, records: outcomeRecords },
      createFold: createTallies,
    },
    {
      ...{ name: "audits", ledger: auditLedger, records: auditRecords },
      createFold: createSearchIndex,
    },
  ];
  return {
    diagnoses: { ...diagnosisLedger, rows, search: (query) => search.search(query) },
    audits: { ...auditLedger, search: (query) => audits.search(query) },
    outcomes: outcomeLedger,
    cared,
    async refresh({ signal } = {}) {
      signal?.throwIfAborted();
      await Promise.all([diagnosisLedger.refresh(), outcomeLedger.refresh()]);
      signal?.throwIfAborted();
    },
    async close() {
      await Promise.all(cared.map(({ ledger }) => ledger.close()));
    },
  };
}

function openOne(parts: IndexParts, name: CaredIndex["name"], fold: Fold): Ledger {
  const { store, clock, log, random, writer, refreshMs, autoCompact, summarise } = parts;
  return openLedger({
    ...{ store, clock, random, writer, fold, autoCompact },
    prefix: `mcp/indexes/${name}/`,
    maxAgeMs: refreshMs,
    summarise: () => summarise(name),
    onError: (error) => log.warn("index not looked after", { index: name, error }),
  });
}
