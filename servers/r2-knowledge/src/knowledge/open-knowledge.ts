import { randomBytes } from "node:crypto";
import { type Clock, type Logger, messageOf, silentLogger, systemClock } from "@trestle/protocol";
import { createQueryLog } from "../analytics/query-log.ts";
import { measureStorage } from "../analytics/storage.ts";
import type { ObjectStore } from "../object-store/object-store.ts";
import { auditRecord } from "../records/audit.ts";
import { diagnosisRecord } from "../records/diagnosis.ts";
import { createIds } from "../records/ids.ts";
import { createRecordRedact } from "../records/redact.ts";
import { deleteAudit, recordAudit, searchAudits } from "./audits.ts";
import { createCare } from "./care.ts";
import { deleteDiagnosis, updateDiagnosis } from "./change-diagnosis.ts";
import { costReport } from "./cost.ts";
import { countRequests } from "./counting-store.ts";
import { editTogether } from "./edit-together.ts";
import { exportKnowledge, toKnownRecord } from "./export.ts";
import { toKnown, toldFailures } from "./failures.ts";
import { foldOutcomes } from "./fold-outcomes.ts";
import { openIndexes } from "./indexes.ts";
import type { KnowledgeStore } from "./knowledge-store.ts";
import { learnTopic } from "./learn-topic.ts";
import { createMeter, type Meter } from "./meter.ts";
import { readMetrics } from "./metrics.ts";
import { recordOutcome } from "./outcomes.ts";
import type { Change, Parts } from "./parts.ts";
import { definePattern, listPatterns } from "./patterns.ts";
import { createRecordFolder } from "./record-folder.ts";
import { createSamples } from "./samples.ts";
import { findSimilar, listDiagnoses, searchDiagnoses } from "./search-diagnoses.ts";
import { storeDiagnosis } from "./store-diagnosis.ts";
import { storeMany } from "./store-many.ts";
import { writeSummary } from "./summaries.ts";
import { createTallies } from "./tallies.ts";
import { linkTwins } from "./twins.ts";

export interface KnowledgeOptions {
  /** Closed with the knowledge. */
  readonly store: ObjectStore;
  readonly clock?: Clock | undefined;
  readonly log?: Logger | undefined;
  /** At least 0, below 1; never the same row in two processes. */
  readonly random?: (() => number) | undefined;
  /** Milliseconds for which an answer may miss what other processes stored; 1,000 where left out. */
  readonly refreshMs?: number | undefined;
  /** Further names of metadata whose values are not stored. */
  readonly redactFields?: readonly string[] | undefined;
  /** False: the indexes are compacted only when asked to. */
  readonly autoCompact?: boolean | undefined;
  /** Told after each compaction of this process: what an index held of its own is gone some time after. */
  readonly compacted?: (() => Promise<void>) | undefined;
}

/** Joins a store of objects, the indexes over it and what is learned of outcomes. Asks the store for nothing yet. */
export function openKnowledge(options: KnowledgeOptions): KnowledgeStore {
  const { clock = systemClock, log = silentLogger, random = systemRandom } = options;
  const store = countRequests(options.store);
  const ids = createIds({ clock, random });
  const tallies = createTallies();
  const meter = createMeter();
  const redact = createRecordRedact(options.redactFields);
  const queries = createQueryLog({ clock, redact });
  const listeners = new Set<(change: Change) => void>();
  const indexes = openIndexes({
    ...{ store, clock, log, random, tallies },
    writer: ids.next().slice(-10).toLowerCase(),
    refreshMs: options.refreshMs ?? 1_000,
    autoCompact: options.autoCompact ?? true,
    async summarise(name) {
      await writeSummary(parts, name);
      if (name === "outcomes") await foldOutcomes(parts);
      if (name === "diagnoses") await linkTwins(parts);
      await options.compacted?.();
    },
  });
  const parts: Parts & { readonly meter: Meter } = {
    ...{ store, indexes, tallies, ids, clock, random, log, redact, meter, queries },
    diagnoses: createRecordFolder(store, "diagnoses", diagnosisRecord),
    audits: createRecordFolder(store, "audits", auditRecord),
    changed(change) {
      for (const listener of listeners) listener(change);
    },
  };
  const samples = createSamples({ counted: store, store, meter, queries, ids, clock, log });
  return {
    description: store.description,
    index: toldFailures(createCare(indexes)),
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    export: (asked) => toldExport(exportKnowledge(parts, asked), meter),
    ...counted(meter, toldFailures(operations({ ...parts, samples }))),
    async close() {
      await indexes.close().catch((error: unknown) => {
        log.warn("indexes not closed in order", { error: messageOf(error) });
      });
      await samples.close();
      await store.close();
    },
  };
}

type Operations = Omit<KnowledgeStore, "description" | "index" | "subscribe" | "export" | "close">;

function operations(
  parts: Parts & { readonly meter: Meter; readonly samples: ReturnType<typeof createSamples> },
): Operations {
  const known = (record: Parameters<typeof toKnownRecord>[1]) => toKnownRecord(parts, record);
  return {
    async store(input, options) {
      await parts.indexes.refresh(options);
      const stored = await storeDiagnosis(parts, input, options);
      await linkTwins(parts);
      return stored;
    },
    async storeMany(inputs, options) {
      await parts.indexes.refresh(options);
      const items = await storeMany(parts, inputs, options);
      await linkTwins(parts);
      return items;
    },
    async get(id, options) {
      const { record } = await parts.diagnoses.need(id, options);
      await parts.indexes.refresh(options);
      parts.queries.opened(id);
      return known(record);
    },
    update: async (id, patch, options) => known(await updateDiagnosis(parts, id, patch, options)),
    edit: (id, edit, options) => editTogether(parts, id, edit, options),
    delete: (id, options) => deleteDiagnosis(parts, id, options),
    list: (options) => listDiagnoses(parts, options),
    search: (query) => searchDiagnoses(parts, query),
    findSimilar: (error, options) => findSimilar(parts, error, options),
    async recordOutcome(id, input, options) {
      await parts.indexes.refresh(options);
      const recorded = await recordOutcome(parts, id, input, options);
      parts.queries.tried(id, input.worked);
      return recorded;
    },
    recordAudit: (input, options) => recordAudit(parts, input, options),
    getAudit: async (id, options) => (await parts.audits.need(id, options)).record,
    deleteAudit: (id, options) => deleteAudit(parts, id, options),
    searchAudits: (query) => searchAudits(parts, query),
    definePattern: (input, options) => definePattern(parts, input, options),
    listPatterns: (options = {}) => listPatterns(parts, options),
    learnTopic: (topic, options) => learnTopic(parts, topic, options),
    metrics: (kinds, options) => readMetrics(parts, kinds, options),
    async costReport({ since, signal }) {
      const [sum, stored] = await Promise.all([
        parts.samples.since(since, { signal }),
        measureStorage(parts, { signal }),
      ]);
      const count = (name: string) => sum.operations[name]?.count ?? 0;
      return costReport({
        requests: sum.requests,
        periodMs: sum.to - sum.from,
        stored,
        stores: count("store"),
        searches: sum.searches.count,
        indexObjects: stored.folders.indexes?.objects ?? 0,
        isBucket: !parts.store.description.startsWith("folder "),
      });
    },
  };
}

/** Counts what is asked for and how it ended; many at once count as many. */
function counted<Functions extends object>(meter: Meter, functions: Functions): Functions {
  const wrapped = Object.entries(functions).map(([name, work]) => [
    name,
    async (...args: unknown[]) => {
      try {
        const result: unknown = await work(...args);
        if (name === "storeMany" && Array.isArray(result))
          for (const { status } of result) meter.count("store", status === "failed");
        else meter.count(name);
        return result;
      } catch (error) {
        meter.count(name, true);
        throw error;
      }
    },
  ]);
  return Object.fromEntries(wrapped) as Functions;
}

async function* toldExport(pieces: AsyncIterable<string>, meter: Meter): AsyncGenerator<string> {
  try {
    yield* pieces;
    meter.count("export");
  } catch (error) {
    meter.count("export", true);
    throw toKnown(error);
  }
}

function systemRandom(): number {
  return randomBytes(6).readUIntLE(0, 6) / 2 ** 48;
}
