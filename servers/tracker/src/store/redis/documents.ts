import type { Document, DocumentKind } from "../../model/document.ts";
import { limitOf, placeOf, toPage } from "../paging.ts";
import type { TrackerStore } from "../tracker-store.ts";
import { hashSet } from "./commit.ts";
import type { Command, Connection } from "./connection.ts";
import type { Keys } from "./keys.ts";
import { readAll, readFields } from "./reads.ts";
import type { Transactions } from "./transaction.ts";

type DocumentPart = Pick<
  TrackerStore,
  "putDocuments" | "document" | "documents" | "history" | "removeDocuments"
>;

/** Where documents of each kind are kept, and how they are written there. */
export interface Shelf extends Transactions {
  readonly redis: Connection;
  readonly keys: Keys;
}

export function createDocuments(shelfOf: (kind: DocumentKind) => Shelf): DocumentPart {
  return {
    async putDocuments(documents, { keep } = {}) {
      const shelves = Map.groupBy(documents, ({ kind }) => shelfOf(kind));
      for (const [{ change, keys }, own] of shelves) {
        await change(async () => ({
          commands: own.flatMap((one) => putDocument(one, keep, keys)),
          result: undefined,
        }));
      }
    },
    async document(kind, key) {
      const { redis, keys } = shelfOf(kind);
      return (await readFields<Document>(redis, keys.documents(kind), [key])).get(key);
    },
    async documents(kind, query = {}) {
      const limit = limitOf(query);
      const [after] = placeOf(query, 1) ?? [];
      const { redis, keys } = shelfOf(kind);
      const all = await readAll<Document>(redis, keys.documents(kind));
      const wanted = all
        .filter(
          ({ key }) =>
            key.startsWith(query.prefix ?? "") && (after === undefined || key > String(after)),
        )
        .sort((one, other) => (one.key < other.key ? -1 : 1));
      return toPage(wanted, { limit, placeOf: ({ key }) => [key], toItem: (found) => found });
    },
    async history(kind, key, query = {}) {
      const to = query.to === undefined ? "+inf" : `(${query.to}`;
      const range = [to, query.from ?? "-inf", "LIMIT", 0, limitOf(query)] as const;
      const { redis, keys } = shelfOf(kind);
      const found = await redis.ask<string[]>(
        "ZREVRANGEBYSCORE",
        keys.history(kind, key),
        ...range,
      );
      return found.map((each) => JSON.parse(each) as Document);
    },
    async removeDocuments(kind, names) {
      const { change, keys } = shelfOf(kind);
      await change(async () => ({
        commands: names.flatMap((name): Command[] => [
          ["HDEL", keys.documents(kind), name],
          ["DEL", keys.history(kind, name)],
        ]),
        result: undefined,
      }));
    },
  };
}

function putDocument(document: Document, keep: number | undefined, keys: Keys): Command[] {
  const { kind, key, at, value } = document;
  const stored: Document = { kind, key, at, value };
  const put = hashSet(keys.documents(kind), [[key, stored]]);
  if (keep === undefined) return put;
  const history = keys.history(kind, key);
  return [
    ...put,
    ["ZREMRANGEBYSCORE", history, at, at],
    ["ZADD", history, at, JSON.stringify(stored)],
    ["ZREMRANGEBYRANK", history, 0, -keep - 1],
  ];
}
