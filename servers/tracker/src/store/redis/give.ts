import type { JsonObject } from "@trestle/protocol";
import type { Document, DocumentKind } from "../../model/document.ts";
import type { TaskFact } from "../../model/facts.ts";
import type { Page } from "../queries.ts";
import type { Movable, MovedKind } from "../transfer.ts";
import type { Command } from "./connection.ts";
import type { Shelf } from "./documents.ts";
import type { Keys } from "./keys.ts";
import { isSumKind, readDaySums, sumDays } from "./moved-sums.ts";
import { readFields } from "./reads.ts";

const AT_ONCE = 200;
/** All there are: a kind that is missing here would be left behind. */
const DOCUMENT_KINDS: Readonly<Record<DocumentKind, true>> = {
  health: true,
  delivery: true,
  alert: true,
  insight: true,
  pattern: true,
  fix: true,
  setting: true,
};

export interface GivingParts extends Shelf {
  readonly shelfOf: (kind: DocumentKind) => Shelf;
}

/**
 * What moves besides records, some names at a time in the order of their names: the names of one kind are all that
 * is in memory.
 */
export function createGiving(parts: GivingParts): Movable["give"] {
  const known = new Map<MovedKind, readonly string[]>();

  async function namesFrom(kind: MovedKind, after: string | undefined): Promise<readonly string[]> {
    const kept = after === undefined ? undefined : known.get(kind);
    const names = kept ?? (await namesOf(parts, kind)).toSorted();
    known.set(kind, names);
    if (after === undefined) return names;
    const at = names.findIndex((name) => name > after);
    return at === -1 ? [] : names.slice(at);
  }

  return async (kind, after): Promise<Page<JsonObject>> => {
    const names = await namesFrom(kind, after);
    // The counts of a day are many.
    const most = isSumKind(kind) ? 1 : AT_ONCE;
    const page = names.slice(0, most);
    const items = page.length === 0 ? [] : ((await read(parts, kind, page)) as JsonObject[]);
    const next = names.length > most ? page.at(-1) : undefined;
    if (next === undefined) known.delete(kind);
    return next === undefined ? { items } : { items, next };
  };
}

async function namesOf({ redis, keys, shelfOf }: GivingParts, kind: MovedKind): Promise<string[]> {
  if (isSumKind(kind)) return sumDays(redis, keys, kind);
  if (kind !== "document" && kind !== "history") {
    return redis.ask<string[]>("HKEYS", hashOf(keys, kind));
  }
  const lists = await Promise.all(
    (Object.keys(DOCUMENT_KINDS) as DocumentKind[]).map(async (of) => {
      const shelf = shelfOf(of);
      const names = await shelf.redis.ask<string[]>("HKEYS", shelf.keys.documents(of));
      return names.map((name) => `${of}\n${name}`);
    }),
  );
  return lists.flat();
}

type HashKind = Exclude<MovedKind, `${string}-sum` | "document" | "history">;

function hashOf(keys: Keys, kind: HashKind): string {
  return {
    source: keys.sources,
    session: keys.sessions,
    task: keys.tasks,
    alias: keys.aliases,
    word: keys.tasks,
    group: keys.groups,
    memory: keys.memories,
    cursor: keys.cursors,
    skipped: keys.skipped,
  }[kind];
}

async function read(
  parts: GivingParts,
  kind: MovedKind,
  names: readonly string[],
): Promise<readonly unknown[]> {
  const { redis, keys } = parts;
  if (isSumKind(kind)) return readDaySums(redis, keys, kind, Number(names[0]));
  switch (kind) {
    case "word":
      return readWords(parts, names);
    case "document":
    case "history":
      return readDocuments(parts, kind, names);
    case "alias": {
      const aliases = await readFields<string>(redis, keys.aliases, names);
      return [...aliases].map(([id, task]) => ({ id, task }));
    }
    case "memory": {
      const memories = await readFields<string>(redis, keys.memories, names);
      return [...memories].map(([key, body]) => ({ key, body }));
    }
    default:
      return [...(await readFields<unknown>(redis, hashOf(keys, kind), names)).values()];
  }
}

async function readWords(
  { redis, keys }: GivingParts,
  tasks: readonly string[],
): Promise<TaskFact[]> {
  const lists = await redis.askAll<string[]>(
    tasks.map((id): Command => ["ZRANGE", keys.taskFacts(id), 0, -1]),
  );
  return lists
    .flat()
    .map((body) => JSON.parse(body) as TaskFact)
    .filter(({ source, recordId }) => source === "person" && recordId === "");
}

async function readDocuments(
  { shelfOf }: GivingParts,
  kind: "document" | "history",
  names: readonly string[],
): Promise<Document[]> {
  const found: Document[] = [];
  const named = names.map((name) => {
    const [of = "", ...rest] = name.split("\n");
    return { of: of as DocumentKind, key: rest.join("\n") };
  });
  for (const [of, own] of Map.groupBy(named, (one) => one.of)) {
    const { redis, keys } = shelfOf(of);
    const ownKeys = own.map(({ key }) => key);
    if (kind === "document") {
      found.push(...(await readFields<Document>(redis, keys.documents(of), ownKeys)).values());
      continue;
    }
    const lists = await redis.askAll<string[]>(
      ownKeys.map((key): Command => ["ZRANGE", keys.history(of, key), 0, -1]),
    );
    found.push(...lists.flat().map((body) => JSON.parse(body) as Document));
  }
  return found;
}
