import { DatabaseSync } from "node:sqlite";
import { createSearchIndex, type SearchChannels, stemOf, wordsOf } from "@trestle-mcp/r2-knowledge";
import MiniSearch from "minisearch";

/** What is searched: the error and whatever else was written about it. */
export interface Document {
  readonly id: string;
  readonly name?: string;
  readonly message: string;
  readonly stack?: string;
  /** Milliseconds since 1970. */
  readonly timestamp?: number;
}

export type Question = Omit<Document, "id">;

/** A method to find documents. */
export interface Ranker {
  readonly name: string;
  /** Ids, the best first. */
  rank(question: Question, limit: number): string[];
  close?(): void;
}

/** How often name and message count, against everything else: the same for all methods. */
const HEAD_WEIGHT = 3;

const headOf = ({ name = "", message }: Question) => `${name} ${message}`;
const split = (text: string) => wordsOf(text).join(" ");

function indexOf(documents: readonly Document[]) {
  const index = createSearchIndex();
  index.apply(documents.map(({ id, ...entry }) => ({ kind: "put", id, version: 1, at: 0, entry })));
  return ({ timestamp: _, ...question }: Question, limit: number) =>
    index.search({ ...question, limit }).hits;
}

function ours(documents: readonly Document[]): Ranker {
  const search = indexOf(documents);
  return {
    name: "ours",
    rank: (question, limit) => search(question, limit).map(({ id }) => id),
  };
}

const MOST_HITS = 200;

/** Ours with any weights: the best by those that are shipped, mixed anew. */
export function oursWith(documents: readonly Document[], questions: readonly Question[]) {
  const search = indexOf(documents);
  const found = new Map(questions.map((question) => [question, search(question, MOST_HITS)]));
  return (weights: SearchChannels): Ranker => ({
    name: "ours",
    rank(question, limit) {
      const scored = (found.get(question) ?? []).map(({ id, channels }) => ({
        id,
        score: channels.reduce((sum, { channel, value }) => sum + value * weights[channel], 0),
      }));
      const sorted = scored.toSorted((a, b) => b.score - a.score);
      return sorted.slice(0, limit).map(({ id }) => id);
    },
  });
}

/** Stems, fields summed with weights, k1 = 1.2, b = 0.75. */
function plainBm25(documents: readonly Document[]): Ranker {
  const lists = new Map<string, (readonly [document: number, count: number])[]>();
  const lengths = documents.map((document, at) => {
    const counts = countsOf(document);
    for (const [stem, count] of counts) {
      const list = lists.get(stem);
      if (list === undefined) lists.set(stem, [[at, count]]);
      else list.push([at, count]);
    }
    return [...counts.values()].reduce((sum, count) => sum + count, 0);
  });
  const average = lengths.reduce((sum, length) => sum + length, 0) / documents.length;
  return {
    name: "plain BM25",
    rank(question, limit) {
      const scores = new Float64Array(documents.length);
      for (const [stem, weight] of countsOf(question)) {
        const list = lists.get(stem) ?? [];
        const rarity = Math.log(1 + (documents.length - list.length + 0.5) / (list.length + 0.5));
        for (const [at, count] of list) {
          const slow = 1.2 * (0.25 + (0.75 * (lengths[at] ?? 0)) / average);
          scores[at] = (scores[at] ?? 0) + (weight * rarity * count * 2.2) / (count + slow);
        }
      }
      return bestOf(scores, limit).map((at) => documents[at]?.id ?? "");
    },
  };
}

function countsOf(question: Question): Map<string, number> {
  const counts = new Map<string, number>();
  const add = (text: string, weight: number) => {
    for (const stem of wordsOf(text).map(stemOf))
      counts.set(stem, (counts.get(stem) ?? 0) + weight);
  };
  add(headOf(question), HEAD_WEIGHT);
  add(question.stack ?? "", 1);
  return counts;
}

function bestOf(scores: Float64Array, limit: number): number[] {
  const found: number[] = [];
  for (const [at, score] of scores.entries()) if (score > 0) found.push(at);
  return found.sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0)).slice(0, limit);
}

/** Any of the words, the head boosted; `fuzzy` also finds words that are spelt almost so. */
function miniSearch(documents: readonly Document[], fuzzy: boolean): Ranker {
  const index = new MiniSearch({
    fields: ["head", "stack"],
    tokenize: wordsOf,
    processTerm: stemOf,
    searchOptions: {
      boost: { head: HEAD_WEIGHT },
      combineWith: "OR",
      ...(fuzzy ? { fuzzy: 0.2 } : {}),
    },
  });
  index.addAll(
    documents.map((document) => ({
      id: document.id,
      head: headOf(document),
      stack: document.stack,
    })),
  );
  return {
    name: fuzzy ? "minisearch, fuzzy" : "minisearch",
    rank: (question, limit) =>
      index
        .search(`${headOf(question)} ${question.stack ?? ""}`)
        .slice(0, limit)
        .map(({ id }) => String(id)),
  };
}

/** FTS5 of SQLite with its BM25, by stems or by trigrams. */
function fts5(documents: readonly Document[], tokenizer: "porter" | "trigram"): Ranker {
  const database = new DatabaseSync(":memory:");
  database.exec(
    `CREATE VIRTUAL TABLE documents USING fts5(id UNINDEXED, head, stack, tokenize = '${tokenizer}')`,
  );
  const insert = database.prepare("INSERT INTO documents VALUES (?, ?, ?)");
  database.exec("BEGIN");
  for (const document of documents) {
    insert.run(document.id, split(headOf(document)), split(document.stack ?? ""));
  }
  database.exec("COMMIT");
  const select = database.prepare(
    `SELECT id FROM documents WHERE documents MATCH ? ORDER BY bm25(documents, 0, ${HEAD_WEIGHT}, 1) LIMIT ?`,
  );
  return {
    name: `FTS5 ${tokenizer}`,
    rank(question, limit) {
      const words = new Set(wordsOf(`${headOf(question)} ${question.stack ?? ""}`));
      // The trigram tokenizer knows no shorter words.
      const asked = [...words].filter((word) => tokenizer === "porter" || word.length >= 3);
      if (asked.length === 0) return [];
      const match = asked.map((word) => `"${word}"`).join(" OR ");
      return select.all(match, limit).map(({ id }) => String(id));
    },
    close: () => database.close(),
  };
}

/** All methods over the same documents, ours first. */
export function allRankers(documents: readonly Document[]): Ranker[] {
  return [
    ours(documents),
    plainBm25(documents),
    miniSearch(documents, false),
    miniSearch(documents, true),
    fts5(documents, "porter"),
    fts5(documents, "trigram"),
  ];
}
