import { messageOf, TrestleError } from "@trestle/protocol";
import type { BulkItem, KnowledgeStore } from "../knowledge/knowledge-store.ts";
import { patternFacts } from "../knowledge/patterns.ts";
import { noSuchRecord } from "../knowledge/record-folder.ts";
import type { Audit } from "../records/audit.ts";
import type { Diagnosis, DiagnosisInput } from "../records/diagnosis.ts";
import { type Permits, recordFacts } from "../records/record-facts.ts";
import type { RecordAction } from "./actions.ts";
import type { Gate } from "./gate.ts";
import type { Rights } from "./rights.ts";

/** The knowledge as one caller may see and change it: what is hidden from them is as if it were not there. */
export function guardKnowledge(knowledge: KnowledgeStore, gate: Gate): KnowledgeStore {
  return {
    description: knowledge.description,
    ...asking(knowledge, gate),
    ...tellingDiagnoses(knowledge, gate),
    ...tellingOthers(knowledge, gate),
    ...measuring(knowledge, gate),
    // It tells that something changed, and who looks then looks by their own rights.
    subscribe: (listener) => knowledge.subscribe(listener),
    index: {
      check: (options) =>
        gate.pass({ action: "knowledge:index" }, (rights) => {
          rights.needStore("knowledge:index");
          return knowledge.index.check(options);
        }),
      rebuild: (options) =>
        gate.pass({ action: "knowledge:index" }, (rights) => {
          rights.needStore("knowledge:index");
          return knowledge.index.rebuild(options);
        }),
      compact: (options) =>
        gate.pass({ action: "knowledge:index" }, (rights) => {
          rights.needStore("knowledge:index");
          return knowledge.index.compact(options);
        }),
    },
    // It is shared: whoever opened it closes it.
    async close() {},
  };
}

type Asking = Pick<
  KnowledgeStore,
  | "get"
  | "list"
  | "search"
  | "findSimilar"
  | "getAudit"
  | "searchAudits"
  | "listPatterns"
  | "learnTopic"
  | "export"
>;

function asking(knowledge: KnowledgeStore, gate: Gate): Asking {
  /** With what this caller may find. */
  const found = <Result>(work: (permits: Permits | undefined) => Promise<Result>) =>
    gate.pass<Result>({ action: "knowledge:search" }, (rights) =>
      work(rights.permits("knowledge:search")),
    );

  return {
    get: (id, options) =>
      gate.pass({ action: "knowledge:read", ids: [id] }, async (rights) => {
        rights.permits("knowledge:read");
        const known = await knowledge.get(id, options);
        needRead(rights, known.record);
        return known;
      }),
    getAudit: (id, options) =>
      gate.pass({ action: "knowledge:read", ids: [id] }, async (rights) => {
        rights.permits("knowledge:read");
        const audit = await knowledge.getAudit(id, options);
        needReadAudit(rights, audit);
        return audit;
      }),
    list: (options) => found((permits) => knowledge.list({ ...options, permits })),
    search: (query) => found((permits) => knowledge.search({ ...query, permits })),
    findSimilar: (error, options) =>
      found((permits) => knowledge.findSimilar(error, { ...options, permits })),
    searchAudits: (query) => found((permits) => knowledge.searchAudits({ ...query, permits })),
    listPatterns: (options) => found((permits) => knowledge.listPatterns({ ...options, permits })),
    learnTopic: (topic, options) =>
      found((permits) => knowledge.learnTopic(topic, { ...options, permits })),
    async *export(options) {
      const permits = await gate.pass({ action: "knowledge:export" }, (rights) =>
        rights.permits("knowledge:export"),
      );
      yield* knowledge.export({ ...options, permits });
    },
  };
}

type TellingDiagnoses = Pick<
  KnowledgeStore,
  "store" | "storeMany" | "update" | "edit" | "delete" | "recordOutcome"
>;

function tellingDiagnoses(knowledge: KnowledgeStore, gate: Gate): TellingDiagnoses {
  return {
    store: (input, options) =>
      gate.pass({ action: "knowledge:store", told: ({ id }) => ({ ids: [id] }) }, (rights) => {
        rights.need("knowledge:store", recordFacts("diagnosis", input));
        return knowledge.store(input, { ...options, permits: mergeable(rights) });
      }),
    storeMany: (inputs, options) =>
      gate.pass(
        { action: "knowledge:store", told: toldMany, changed: storedAny },
        async (rights) => {
          const permits = mergeable(rights);
          return storePermitted(inputs, rights, (allowed) =>
            knowledge.storeMany(allowed, { ...options, permits }),
          );
        },
      ),
    update: (id, patch, options) =>
      gate.pass({ action: "knowledge:update", ids: [id] }, (rights) => {
        const check = changes(rights, "knowledge:update", id);
        return knowledge.update(id, patch, { ...options, check });
      }),
    edit: (id, edit, options) =>
      gate.pass({ action: "knowledge:update", ids: [id] }, async (rights) => {
        const check = changes(rights, "knowledge:update", id);
        const edited = await knowledge.edit(id, edit, { ...options, check });
        // What was not written is told with what others wrote.
        check(edited.value);
        return edited;
      }),
    delete: (id, options) =>
      gate.pass({ action: "knowledge:delete", ids: [id] }, (rights) => {
        // Nobody can tell whose a damaged one is.
        const isOpen = rights.permits("knowledge:delete") === undefined;
        const check = changes(rights, "knowledge:delete", id);
        return knowledge.delete(id, {
          ...options,
          check: (before) => {
            if (before !== undefined) check(before);
            else if (!isOpen) throw noSuchRecord("diagnoses", id);
          },
        });
      }),
    recordOutcome: (id, input, options) =>
      gate.pass({ action: "knowledge:outcome", ids: [id] }, (rights) => {
        const check = changes(rights, "knowledge:outcome", id);
        return knowledge.recordOutcome(id, input, { ...options, check });
      }),
  };
}

type TellingOthers = Pick<KnowledgeStore, "recordAudit" | "deleteAudit" | "definePattern">;

function tellingOthers(knowledge: KnowledgeStore, gate: Gate): TellingOthers {
  return {
    recordAudit: (input, options) =>
      gate.pass({ action: "knowledge:store", told: ({ id }) => ({ ids: [id] }) }, (rights) => {
        rights.need("knowledge:store", recordFacts("audit", input));
        return knowledge.recordAudit(input, options);
      }),
    deleteAudit: (id, options) =>
      gate.pass({ action: "knowledge:delete", ids: [id] }, (rights) =>
        knowledge.deleteAudit(id, {
          ...options,
          check: (before) => {
            if (before === undefined) return;
            if (!rights.canSee(recordFacts("audit", before))) throw noSuchRecord("audits", id);
            rights.need("knowledge:delete", recordFacts("audit", before));
          },
        }),
      ),
    definePattern: (input, options) =>
      gate.pass({ action: "knowledge:define-pattern", ids: [input.id] }, (rights) =>
        knowledge.definePattern(input, {
          ...options,
          check: (...versions) => {
            for (const each of versions)
              if (each) rights.need("knowledge:define-pattern", patternFacts(each));
          },
        }),
      ),
  };
}

function measuring(
  knowledge: KnowledgeStore,
  gate: Gate,
): Pick<KnowledgeStore, "metrics" | "costReport"> {
  return {
    metrics: (kinds, options) =>
      gate.pass({ action: "knowledge:metrics" }, (rights) => {
        const ofRecords = kinds.filter((kind) => !OF_STORE.includes(kind));
        if (ofRecords.length === 0) rights.needStore("knowledge:usage");
        const permits = ofRecords.length === 0 ? undefined : rights.permits("knowledge:metrics");
        // Of several kinds, those come that this caller may see.
        const seen = rights.canStore("knowledge:usage") ? kinds : ofRecords;
        return knowledge.metrics(seen, { ...options, permits });
      }),
    costReport: (options) =>
      gate.pass({ action: "knowledge:usage" }, (rights) => {
        rights.needStore("knowledge:usage");
        return knowledge.costReport(options);
      }),
  };
}

/** Figures that are of no record, and of which nothing can be left out. */
const OF_STORE: readonly string[] = ["r2-storage", "usage", "search"];

function needRead(rights: Rights, record: Diagnosis): void {
  const facts = recordFacts("diagnosis", record);
  if (!rights.canSee(facts)) throw noSuchRecord("diagnoses", record.id);
  rights.need("knowledge:read", facts);
}

function needReadAudit(rights: Rights, audit: Audit): void {
  const facts = recordFacts("audit", audit);
  if (!rights.canSee(facts)) throw noSuchRecord("audits", audit.id);
  rights.need("knowledge:read", facts);
}

/** Both as it is and as it becomes: nothing is moved out of reach of the rules, or into it. */
function changes(rights: Rights, action: RecordAction, id: string) {
  return (before: Diagnosis | undefined, after?: Diagnosis): void => {
    if (before) {
      const facts = recordFacts("diagnosis", before);
      if (!rights.canSee(facts)) throw noSuchRecord("diagnoses", id);
      rights.need(action, facts);
    }
    if (after) rights.need(action, recordFacts("diagnosis", after));
  };
}

/** What is known already is told, and what is told is added to it: both must be allowed. */
function mergeable(rights: Rights): Permits | undefined {
  const [found, told] = [rights.filter("knowledge:search"), rights.filter("knowledge:store")];
  if (!found && !told) return undefined;
  return (record) => (found?.(record) ?? true) && (told?.(record) ?? true);
}

/** Each on its own: one that is denied does not end the others. */
async function storePermitted(
  inputs: readonly DiagnosisInput[],
  rights: Rights,
  store: (allowed: readonly DiagnosisInput[]) => Promise<BulkItem[]>,
): Promise<BulkItem[]> {
  const refused: BulkItem[] = [];
  const places: number[] = [];
  for (const [index, input] of inputs.entries()) {
    try {
      rights.need("knowledge:store", recordFacts("diagnosis", input));
      places.push(index);
    } catch (error) {
      refused.push({ index, status: "failed", code: "denied", message: messageOf(error) });
    }
  }
  if (places.length === 0 && refused.length > 0) {
    throw new TrestleError("denied", refused[0]?.status === "failed" ? refused[0].message : "");
  }
  const stored = await store(places.map((place) => inputs[place] as DiagnosisInput));
  const items = stored.map((item) => ({ ...item, index: places[item.index] ?? item.index }));
  return [...items, ...refused].toSorted((a, b) => a.index - b.index);
}

const storedAny = (items: readonly BulkItem[]) => items.some((item) => item.status !== "failed");

const toldMany = (items: readonly BulkItem[]) => {
  const count = (status: string) => items.filter((item) => item.status === status).length;
  return {
    ids: items.flatMap((item) => ("id" in item ? [item.id] : [])),
    facts: { stored: count("stored"), merged: count("merged"), failed: count("failed") },
  };
};
