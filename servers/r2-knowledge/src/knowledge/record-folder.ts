import { TrestleError } from "@trestle/protocol";
import type * as z from "zod";
import type { CallOptions, ObjectFacts, ObjectStore } from "../object-store/object-store.ts";
import { decodeRecord, encodeRecord } from "../records/encode.ts";
import { idOfKey, type RecordType, recordKey, recordPrefix } from "../records/keys.ts";

/** The records of one type, one object each. */
export interface RecordFolder<Kept extends { id: string }> {
  get(id: string, options?: CallOptions): Promise<Versioned<Kept> | undefined>;
  /** Throws `not_found`. */
  need(id: string, options?: CallOptions): Promise<Versioned<Kept>>;
  /** Throws ObjectStoreError `precondition_failed` where the id is taken. */
  create(record: Kept, options?: CallOptions): Promise<{ etag: string }>;
  /** Throws ObjectStoreError `precondition_failed` where it is no longer the version read. */
  replace(record: Kept, etag: string, options?: CallOptions): Promise<{ etag: string }>;
  remove(id: string, options?: CallOptions): Promise<void>;
  /** Every record there is, in the order of the ids, beginning after one of them. */
  ids(options?: CallOptions & { after?: string | undefined }): AsyncGenerator<Listed>;
}

export interface Versioned<Kept> {
  readonly record: Kept;
  readonly etag: string;
}

export interface Listed {
  readonly id: string;
  readonly facts: ObjectFacts;
}

const NOUNS: Readonly<Record<RecordType, string>> = {
  diagnoses: "diagnosis",
  audits: "audit entry",
  metrics: "metrics record",
  patterns: "pattern",
};

/** The same words for what was never there and for what somebody may not know of. */
export function noSuchRecord(type: RecordType, id: string): TrestleError {
  return new TrestleError(
    "not_found",
    `There is no ${NOUNS[type]} ${id}. It was deleted, or never was: search for it by its words.`,
  );
}

export function createRecordFolder<Schema extends z.ZodObject>(
  store: ObjectStore,
  type: RecordType,
  schema: Schema,
): RecordFolder<z.output<Schema> & { id: string }> {
  type Kept = z.output<Schema> & { id: string };

  async function get(id: string, options?: CallOptions): Promise<Versioned<Kept> | undefined> {
    const key = recordKey(type, id);
    const found = await store.get(key, options);
    if (found === undefined) return undefined;
    const record = decodeRecord(schema, key, found.body) as Kept;
    // The key is the name that everybody knows it by, whatever an older tool wrote inside.
    return { record: { ...record, id }, etag: found.etag };
  }

  async function need(id: string, options?: CallOptions): Promise<Versioned<Kept>> {
    const found = await get(id, options);
    if (found !== undefined) return found;
    throw noSuchRecord(type, id);
  }

  function write(record: Kept, when: "absent" | { etag: string }, options?: CallOptions) {
    const body = encodeRecord(record);
    const contentType = "application/json";
    return store.put(recordKey(type, record.id), body, { ...options, when, contentType });
  }

  async function* ids({ after, ...options }: CallOptions & { after?: string | undefined } = {}) {
    let next = after === undefined ? undefined : recordKey(type, after);
    do {
      const page = await store.list(recordPrefix(type), { ...options, after: next });
      for (const facts of page.objects) {
        const id = idOfKey(type, facts.key);
        if (id !== undefined) yield { id, facts };
      }
      next = page.next;
    } while (next !== undefined);
  }

  return {
    get,
    need,
    create: (record, options) => write(record, "absent", options),
    replace: (record, etag, options) => write(record, { etag }, options),
    remove: (id, options) => store.delete(recordKey(type, id), options),
    ids,
  };
}
