import { type SeededRandom, seededRandom } from "@trestle/testkit/surroundings";
import { expect, test } from "vitest";
import type { LedgerLine } from "../ledger/fold.ts";
import { naiveScores } from "./_naive.ts";
import type { SearchQuery } from "./query.ts";
import { createSearchIndex, type SearchIndex } from "./search-index.ts";

const random = seededRandom();
const WORDS =
  "socket refused timeout pool token expired schema column missing null pointer heap quota disk lease worker".split(
    " ",
  );

function someWords(most: number): string {
  return Array.from({ length: 1 + random.below(most) }, () => random.pick(WORDS)).join(" ");
}

function someEntry() {
  const call = () =>
    `    at ${random.pick(WORDS)} (/srv/${random.pick(WORDS)}.js:${random.below(99)}:1)`;
  return {
    type: random.pick(["diagnosis", "audit"]),
    name: random.pick(["TypeError", "IOError", "TimeoutError"]),
    message: `${someWords(6)} ${random.below(1_000)}`,
    ...(random.below(2) === 0 ? { stack: Array.from({ length: 4 }, call).join("\n") } : {}),
    ...(random.below(2) === 0 ? { fix: someWords(8) } : {}),
    context: random.pick(["shop production", "shop staging", "mail"]),
    severity: random.pick(["low", "high"]),
    confidence: random.below(11) / 10,
    timestamp: random.below(1_000),
    metadata: { team: random.pick(["a", "b"]) },
  };
}

function someQuery(): SearchQuery {
  const { message, stack, name } = someEntry();
  const what = random.pick([
    { text: someWords(4) },
    { message },
    { name, message, ...(stack === undefined ? {} : { stack }) },
    { text: `${random.pick(WORDS).slice(1)} ${random.pick(WORDS)}x` },
    {},
  ]);
  const filters = random.pick([
    {},
    { severities: ["high"] },
    { since: 200, until: 800, types: ["audit"] },
    { context: "SHOP", minConfidence: 0.4 },
    { metadata: { team: ["a"] } },
  ]);
  return { ...what, filters, limit: 200, highlight: true, facets: ["team", "severity"] };
}

/** What happened in some order, and the records that are left of it. */
function someHistory(size: number) {
  const left = new Map<string, LedgerLine>();
  const lines: LedgerLine[] = [];
  for (let version = 1; version <= size; version += 1) {
    const id = `d${random.below(size)}`;
    const line: LedgerLine =
      random.below(5) === 0
        ? { kind: "gone", id, version, at: version }
        : { kind: "put", id, version, at: version, entry: someEntry() };
    lines.push(line);
    if (line.kind === "gone") left.delete(id);
    else left.set(id, line);
  }
  return { lines, left: [...left.values()] };
}

function applied(lines: readonly LedgerLine[], piece: number): SearchIndex {
  const index = createSearchIndex();
  for (let at = 0; at < lines.length; at += piece) index.apply(lines.slice(at, at + piece));
  return index;
}

function shuffled<T>(items: readonly T[], { below }: SeededRandom): T[] {
  const left = [...items];
  return Array.from({ length: items.length }, () => left.splice(below(left.length), 1)[0] as T);
}

test("however the lines came, the answers are those of an index built at once of what is left", async () => {
  for (let round = 0; round < random.rounds(5); round += 1) {
    const { lines, left } = someHistory(10 + random.below(200));
    const grown = applied(lines, 1 + random.below(30));
    const atOnce = applied(shuffled(left, random), 1_000);
    const loaded = createSearchIndex();
    loaded.apply(lines.slice(0, 3));
    loaded.load(await grown.snapshot());
    expect(grown.size).toBe(left.length);
    for (let ask = 0; ask < 10; ask += 1) {
      const query = someQuery();
      const answer = atOnce.search(query);
      expect(grown.search(query)).toEqual(answer);
      expect(loaded.search(query)).toEqual(answer);
    }
  }
});

test("an index that was loaded takes further lines like the one it came from", async () => {
  for (let round = 0; round < random.rounds(2); round += 1) {
    const { lines, left } = someHistory(150);
    const middle = random.below(lines.length);
    const loaded = createSearchIndex();
    loaded.load(await applied(lines.slice(0, middle), 20).snapshot());
    loaded.apply(lines.slice(middle));
    const atOnce = applied(left, 1_000);
    for (let ask = 0; ask < 10; ask += 1) {
      const query = someQuery();
      expect(loaded.search(query)).toEqual(atOnce.search(query));
    }
  }
});

test("enough records to sort the lists again and to sweep the removed ones out change no answer", () => {
  const all = Array.from({ length: 2_600 }, (_, at): LedgerLine => {
    return { kind: "put", id: `d${at}`, version: 1, at, entry: someEntry() };
  });
  const gone = all
    .filter(() => random.below(2) === 0)
    .map(({ id }): LedgerLine => ({ kind: "gone", id, version: 1, at: 0 }));
  const removed = new Set(gone.map(({ id }) => id));
  const grown = applied([...all, ...gone], 400);
  const atOnce = applied(
    all.filter(({ id }) => !removed.has(id)),
    5_000,
  );
  for (let ask = 0; ask < 10; ask += 1) {
    // So few hits that all of them are among those compared in full.
    const query = {
      ...someQuery(),
      text: `unique ${ask}`,
      limit: 20,
      filters: { since: 400, until: 480 },
    };
    const { hits, total, facets } = grown.search(query);
    const other = atOnce.search(query);
    expect([total, facets]).toEqual([other.total, other.facets]);
    if (total <= 300) expect(hits).toEqual(other.hits);
  }
});

test("scores are those that a scorer by the book gives", () => {
  for (let round = 0; round < random.rounds(5); round += 1) {
    const { lines, left } = someHistory(5 + random.below(60));
    const index = applied(lines, 7);
    for (let ask = 0; ask < 5; ask += 1) {
      const { name, message, stack } = someEntry();
      const query = random.pick<SearchQuery>([
        { text: someWords(5) },
        { message },
        { name, message, ...(stack === undefined ? {} : { stack }) },
      ]);
      // A scorer by the book guesses no spellings.
      const answer = index.search({ ...query, limit: 200 });
      if (Object.keys(answer.corrections).length > 0) continue;
      const expected = naiveScores(
        left,
        query.text === undefined ? query : { message: query.text, text: "" },
      );
      if (query.text === undefined) {
        for (const { id, score } of answer.hits)
          expect(score).toBeCloseTo(expected.get(id) ?? -1, 6);
      }
      const ids = [...expected].filter(([, score]) => score > 0).map(([id]) => id);
      for (const { id } of answer.hits) expect(ids).toContain(id);
    }
  }
});

test("nothing is left of what was removed, not even in the bytes of a snapshot", async () => {
  const { lines } = someHistory(60);
  const index = applied(lines, 5);
  const secret: LedgerLine = {
    ...{ kind: "put", id: "secret-id", version: 1, at: 0 },
    entry: { message: "zanzibar quagmire", fix: "zanzibar", metadata: { zanzibar: "quagmire" } },
  };
  const before = await index.snapshot();
  index.apply([secret]);
  expect(index.search({ text: "zanzibar" }).hits[0]?.id).toBe("secret-id");
  index.apply([{ kind: "gone", id: "secret-id", version: 1, at: 1 }]);
  expect(index.search({ text: "zanzibar quagmire" }).hits).toEqual([]);
  expect(Buffer.from(await index.snapshot()).equals(before)).toBe(true);
});
