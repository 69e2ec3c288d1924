import {
  isJsonObject,
  type JsonObject,
  messageOf,
  parseJson,
  TrestleError,
} from "@trestle/protocol";
import { NO_FACTS } from "./commit/plan.ts";
import type { Page } from "./queries.ts";
import { createTally, differences, type Tally, type TallyBuilder } from "./tally.ts";
import type { Batch, ImportCount, StoredRecord, TrackerStore } from "./tracker-store.ts";

const FORMAT = { trestle: "tracker", version: 1 };
/** Of the last line, which tells that all is there, and what all is. */
const END = "end";
const RECORDS_AT_ONCE = 500;
const OTHERS_AT_ONCE = 500;
/** Characters of lines that wait to be stored together, beyond which they do not wait. */
const TEXT_AT_ONCE = 4_000_000;

/** What moves besides records, in the order in which it has to arrive: tasks are there before their aliases. */
export const MOVED_KINDS = [
  "source",
  "session",
  "task",
  "alias",
  "word",
  "group",
  "error-sum",
  "run-sum",
  "edit-sum",
  "usage-sum",
  "memory",
  "cursor",
  "skipped",
  "document",
  "history",
] as const;
export type MovedKind = (typeof MOVED_KINDS)[number];

/** What each kind of store can give and take, so that all of it moves between them. */
export interface Movable {
  /** In any order that stays the same; `after` is the `next` of the page before. */
  give(kind: MovedKind, after: string | undefined): Promise<Page<JsonObject>>;
  /** Joins it with what is there. */
  take(kind: MovedKind, items: readonly JsonObject[]): Promise<void>;
  /** Oldest first. */
  giveRecords(after: string | undefined): Promise<Page<StoredRecord>>;
  commit(batch: Batch): Promise<unknown>;
}

/** A store that also gives its parts to another process. */
export type MovableStore = TrackerStore & Pick<Movable, "give" | "take" | "giveRecords">;

/** A page of it is in memory at a time. The last line says how much there is of each kind, and a digest of it. */
export async function* exportLines(store: Movable): AsyncGenerator<string> {
  yield `${JSON.stringify(FORMAT)}\n`;
  const tally = createTally();
  for await (const [kind, item] of everything(store)) {
    const line = JSON.stringify({ kind, item });
    // As it is read again: without what was left out.
    tally.add(kind, (JSON.parse(line) as { item: JsonObject }).item);
    yield `${line}\n`;
  }
  yield `${JSON.stringify({ kind: END, item: tally.tally() })}\n`;
}

async function* everything(store: Pick<Movable, "give" | "giveRecords">) {
  for await (const stored of everyPage((after) => store.giveRecords(after))) {
    yield ["record", stored as unknown as JsonObject] as const;
  }
  for (const kind of MOVED_KINDS) {
    for await (const item of everyPage((after) => store.give(kind, after))) {
      yield [kind, item] as const;
    }
  }
}

/**
 * Throws `invalid_input`, which names the line, or says that the end is missing. What stood before is stored by then;
 * the same may be imported again, and doubles nothing.
 */
export async function importLines(
  store: Movable,
  lines: AsyncIterable<string>,
): Promise<ImportCount> {
  const tally = createTally();
  let number = 0;
  let records = 0;
  let isWhole = false;
  let kind = "record";
  let items: JsonObject[] = [];
  let length = 0;
  async function flush(): Promise<void> {
    if (items.length === 0) return;
    if (kind === "record") await store.commit(toBatch(items as unknown as StoredRecord[]));
    else await store.take(kind as MovedKind, items);
    if (kind === "record") records += items.length;
    items = [];
    length = 0;
  }
  for await (const line of lines) {
    number += 1;
    if (number === 1) {
      checkFormat(parseLine(line, number));
      continue;
    }
    if (isWhole) throw badLine(number, "It stands behind the end of the export.");
    const parsed = parseLine(line, number);
    if (parsed.kind === END) {
      await flush();
      checkEnd(parsed.item, tally, number);
      isWhole = true;
      continue;
    }
    const entry = toEntry(parsed, number);
    tally.add(entry.kind, entry.item);
    const most = kind === "record" ? RECORDS_AT_ONCE : OTHERS_AT_ONCE;
    if (entry.kind !== kind || items.length >= most || length > TEXT_AT_ONCE) await flush();
    kind = entry.kind;
    items.push(entry.item);
    length += line.length;
  }
  await flush();
  if (!isWhole) throw badLine(number + 1, "The export ends before its end: it was cut off.");
  return { lines: number, records };
}

async function* everyPage<Item>(read: (after: string | undefined) => Promise<Page<Item>>) {
  for (let after: string | undefined; ; ) {
    const page = await read(after);
    yield* page.items;
    if (page.next === undefined) return;
    after = page.next;
  }
}

/** What is known of sessions comes with its own lines; here it only has to tell their projects. */
function toBatch(stored: readonly StoredRecord[]): Batch {
  const all = stored.map(({ facts }) => ({ ...NO_FACTS, ...facts }));
  return {
    records: stored.map(({ record }) => record),
    facts: {
      tasks: all.flatMap(({ tasks }) => tasks),
      errors: all.flatMap(({ errors }) => errors),
      runs: all.flatMap(({ runs }) => runs),
      edits: all.flatMap(({ edits }) => edits),
      usage: all.flatMap(({ usage }) => usage),
    },
    memories: new Map(),
    sessions: new Map(
      stored.map(({ record, project, agent }) => [
        record.sessionId,
        { project, ...(agent === undefined ? {} : { agent }) },
      ]),
    ),
    skipped: new Map(),
  };
}

function parseLine(line: string, number: number): JsonObject {
  try {
    const value = parseJson(line);
    if (isJsonObject(value)) return value;
  } catch (error) {
    throw badLine(number, messageOf(error));
  }
  throw badLine(number, "It is no object.");
}

function checkFormat(line: JsonObject): void {
  if (line.trestle !== FORMAT.trestle)
    throw badLine(1, "It does not begin an export of a tracker.");
  if (line.version === FORMAT.version) return;
  throw new TrestleError(
    "unsupported",
    `The export has version ${String(line.version)}, and this program knows ${FORMAT.version}; use a newer program.`,
  );
}

function checkEnd(told: unknown, tally: TallyBuilder, number: number): void {
  const kinds = isJsonObject(told) ? (told as unknown as Tally) : {};
  const differing = differences(kinds, tally.tally());
  if (differing.length === 0) return;
  throw badLine(
    number,
    `The lines before it are not those that were exported (${differing.join(", ")}): some were changed or are missing.`,
  );
}

function toEntry(line: JsonObject, number: number): { kind: string; item: JsonObject } {
  const { kind, item } = line;
  const isKnown = kind === "record" || MOVED_KINDS.some((known) => known === kind);
  if (isKnown && isJsonObject(item)) return { kind: String(kind), item };
  throw badLine(number, `It is of no kind that is known: ${String(kind)}.`);
}

function badLine(number: number, why: string): TrestleError {
  return new TrestleError(
    "invalid_input",
    `Line ${number} cannot be imported: ${why} What stood before it is stored; mend the line and import again.`,
  );
}
