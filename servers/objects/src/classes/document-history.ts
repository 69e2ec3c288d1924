import type { JsonObject, JsonValue } from "@trestle/protocol";
import type { ObjectContext, ReadContext } from "../object-class.ts";
import type { TextOperation } from "./text-operation.ts";

type ReadStorage = ReadContext["storage"];

export type ChangeKind =
  | { readonly kind: "replace" }
  | { readonly kind: "patch"; readonly patch: JsonObject }
  | { readonly kind: "edit"; readonly path: readonly string[]; readonly operation: TextOperation };

export type Change = ChangeKind & {
  readonly version: number;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly by: string;
  /** After the change; only where it is small. */
  readonly content?: JsonObject;
};

interface Head {
  readonly version: number;
  /** The oldest change that is kept. */
  readonly oldest: number;
  /** Characters of all changes that are kept. */
  readonly kept: number;
}

const CHANGE = "change:";
const MOST_KEPT = 1_000;
const MOST_KEPT_CHARACTERS = 2 * 1024 * 1024;
const SMALL_CONTENT = 8 * 1024;

export function headOf(storage: ReadStorage): Head {
  return (storage.get("head") ?? { version: 0, oldest: 1, kept: 0 }) as unknown as Head;
}

export function contentOf(storage: ReadStorage): JsonObject {
  return (storage.get("content") ?? {}) as JsonObject;
}

/** Stores the content and what led to it, and forgets the oldest changes. The new version. */
export function store(context: ObjectContext, change: ChangeKind, content: JsonObject): number {
  const { storage, now, caller } = context;
  const head = headOf(storage);
  const version = head.version + 1;
  const isSmall = JSON.stringify(content).length <= SMALL_CONTENT;
  const kept = { ...change, version, at: now, by: caller, ...(isSmall ? { content } : {}) };
  storage.put("content", content);
  storage.put(keyOf(version), kept as unknown as JsonValue);
  const next = { ...head, version, kept: head.kept + lengthOf(kept) };
  storage.put("head", { ...forgetOldest(context, next) });
  return version;
}

function forgetOldest({ storage }: ObjectContext, head: Head): Head {
  let { oldest, kept } = head;
  while (oldest < head.version) {
    if (head.version - oldest < MOST_KEPT && kept <= MOST_KEPT_CHARACTERS) break;
    kept -= lengthOf(storage.get(keyOf(oldest)));
    storage.delete(keyOf(oldest));
    oldest += 1;
  }
  return { ...head, oldest, kept };
}

/** What was changed after a version, the oldest first; undefined where not all of it is known. */
export function changeSince(storage: ReadStorage, version: number): readonly Change[] | undefined {
  const head = headOf(storage);
  if (version > head.version || version < head.oldest - 1) return undefined;
  return storage
    .list({ prefix: CHANGE, start: keyOf(version + 1) })
    .map(([, change]) => change as unknown as Change);
}

export function readHistory(
  storage: ReadStorage,
  { before, limit }: { readonly before?: number | undefined; readonly limit: number },
) {
  const { version, oldest } = headOf(storage);
  const newest = Math.min((before ?? version + 1) - 1, version);
  const first = Math.max(oldest, newest - limit + 1);
  const rows = storage.list({ prefix: CHANGE, start: keyOf(first), limit: newest - first + 1 });
  return rows
    .map(([, row]) => row as unknown as Change)
    .map(({ version: of, at, by, kind, content }) => {
      return { version: of, at, by, kind, ...(content === undefined ? {} : { content }) };
    })
    .toReversed() as { version: number; at: number; by: string; kind: Change["kind"] }[];
}

function lengthOf(value: unknown): number {
  return JSON.stringify(value ?? null).length;
}

function keyOf(version: number): string {
  return CHANGE + String(version).padStart(12, "0");
}
