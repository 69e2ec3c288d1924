import type { JsonObject } from "@trestle/protocol";
import type { Row, Sqlite, SqlStatement } from "@trestle/store";
import type { Document, DocumentKind } from "../../model/document.ts";
import { limitOf, placeOf, toPage } from "../paging.ts";
import type { TrackerStore } from "../tracker-store.ts";
import type { Transactions } from "./transaction.ts";
import { createWhere } from "./where.ts";

type DocumentPart = Pick<
  TrackerStore,
  "putDocuments" | "document" | "documents" | "history" | "removeDocuments"
>;

export function createDocuments(sqlite: Sqlite, { change }: Transactions): DocumentPart {
  return {
    putDocuments: (documents, { keep } = {}) =>
      change(() => ({
        statements: documents.flatMap((each) => putDocument(each, keep)),
        result: undefined,
      })),
    async document(kind, key) {
      const sql = "SELECT key, at, value FROM document WHERE kind = ? AND key = ?";
      const [row] = sqlite.read(sql, [kind, key]);
      return row && toDocument(kind, row);
    },
    async documents(kind, query = {}) {
      const limit = limitOf(query);
      const after = placeOf(query, 1);
      const where = createWhere()
        .and("kind = ?", kind)
        .and("key > ?", after?.[0])
        .and("substr(key, 1, length(?)) = ?", query.prefix, query.prefix);
      const sql = `SELECT key, at, value FROM document ${where.sql} ORDER BY key LIMIT ?`;
      return toPage(sqlite.read(sql, [...where.values, limit + 1]), {
        limit,
        placeOf: (row) => [String(row.key)],
        toItem: (row) => toDocument(kind, row),
      });
    },
    async history(kind, key, query = {}) {
      const where = createWhere()
        .and("kind = ?", kind)
        .and("key = ?", key)
        .and("at >= ?", query.from)
        .and("at < ?", query.to);
      const sql = `SELECT key, at, value FROM history ${where.sql} ORDER BY at DESC LIMIT ?`;
      return sqlite
        .read(sql, [...where.values, limitOf(query)])
        .map((row) => toDocument(kind, row));
    },
    removeDocuments: (kind, keys) =>
      change(() => ({
        statements: keys.flatMap((key) => [
          { sql: "DELETE FROM document WHERE kind = ? AND key = ?", params: [kind, key] },
          { sql: "DELETE FROM history WHERE kind = ? AND key = ?", params: [kind, key] },
        ]),
        result: undefined,
      })),
  };
}

function putDocument({ kind, key, at, value }: Document, keep: number | undefined): SqlStatement[] {
  const params = [kind, key, at, JSON.stringify(value)];
  const put = {
    sql: "INSERT INTO document VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET at = excluded.at, value = excluded.value",
    params,
  };
  if (keep === undefined) return [put];
  const oldest =
    "SELECT at FROM history WHERE kind = ? AND key = ? ORDER BY at DESC LIMIT 1 OFFSET ?";
  return [
    put,
    { sql: "INSERT OR REPLACE INTO history VALUES (?, ?, ?, ?)", params },
    {
      sql: `DELETE FROM history WHERE kind = ? AND key = ? AND at <= (${oldest})`,
      params: [kind, key, kind, key, keep],
    },
  ];
}

function toDocument(kind: DocumentKind, row: Row): Document {
  return {
    kind,
    key: String(row.key),
    at: Number(row.at),
    value: JSON.parse(String(row.value)) as JsonObject,
  };
}
