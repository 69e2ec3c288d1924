import { expect, test } from "vitest";
import type { LedgerLine } from "../ledger/fold.ts";
import type { SearchEntry } from "./entry.ts";
import { createSearchIndex } from "./search-index.ts";
import { distanceOf } from "./spellings.ts";

function line(id: string, entry: SearchEntry, version = 1): LedgerLine {
  return { kind: "put", id, version, at: 1_000, entry: { ...entry } };
}

const REFUSED: SearchEntry = {
  type: "diagnosis",
  name: "ConnectionError",
  message: "connection to 10.0.0.1:5432 refused after 300 ms",
  stack: "Error\n    at connect (/srv/shop/db.js:1:2)\n    at start (/srv/shop/main.js:3:4)",
  fix: "Start the database before the service",
  context: "shop production",
  severity: "high",
  confidence: 0.9,
  timestamp: 5_000,
  metadata: { team: "payments", version: "2.1" },
  data: { worked: 3 },
};
const EXPIRED: SearchEntry = {
  type: "diagnosis",
  name: "TokenError",
  message: "token of user 17 has expired",
  fix: "Renew the certificate of the issuer",
  context: "mail staging",
  severity: "low",
  confidence: 0.4,
  timestamp: 9_000,
  metadata: { team: "identity" },
};

function small() {
  const index = createSearchIndex();
  index.apply([line("refused", REFUSED), line("expired", EXPIRED)]);
  return index;
}

const idsOf = (answer: { hits: readonly { id: string }[] }) => answer.hits.map(({ id }) => id);

test("words are found in every field and every form", () => {
  for (const text of ["refuses", "CONNECTIONS", "databases", "payConnection", "start db.js"]) {
    expect(idsOf(small().search({ text }))).toEqual(["refused"]);
  }
  expect(idsOf(small().search({ text: "renewing certificates" }))).toEqual(["expired"]);
});

test("misspelt words find what was meant, and the answer says what was taken for them", () => {
  const answer = small().search({ text: "databse certifcate" });
  expect(idsOf(answer).toSorted()).toEqual(["expired", "refused"]);
  expect(answer.corrections.databs).toEqual(["databas"]);
});

test("the same error with other parameters is told by its fingerprint", () => {
  const { hits } = small().search({
    name: "ConnectionError",
    message: "connection to db.internal:6000 refused after 9 ms",
    stack: "Error\n    at connect (/opt/ci/shop/db.js:77:1)",
  });
  const channels = hits[0]?.channels ?? [];
  expect(hits[0]?.id).toBe("refused");
  expect(channels.find(({ channel }) => channel === "fingerprint")?.value).toBe(1);
  expect(channels.reduce((sum, { value, weight }) => sum + value * weight, 0)).toBeCloseTo(
    hits[0]?.score ?? 0,
  );
  expect(channels.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(1);
});

test.each([
  [{ types: ["audit"] }, []],
  [{ severities: ["high", "critical"] }, ["refused"]],
  [{ context: "STAGING" }, ["expired"]],
  [{ since: 5_000, until: 8_999 }, ["refused"]],
  [{ since: 5_001 }, ["expired"]],
  [{ minConfidence: 0.5 }, ["refused"]],
  [{ metadata: { team: ["payments", "other"] } }, ["refused"]],
  [{ metadata: { team: "nobody" } }, []],
  [{ metadata: { "\0type": "diagnosis" } }, ["expired", "refused"]],
  [{ exclude: ["refused", "unknown"] }, ["expired"]],
])("filters %j, the newest first", (filters, ids) => {
  expect(idsOf(small().search({ filters }))).toEqual(ids);
});

test("what has no confidence passes no least confidence", () => {
  const index = createSearchIndex();
  index.apply([line("a", { message: "x y" })]);
  expect(index.search({ filters: { minConfidence: 0 } }).hits).toEqual([]);
});

test("facets count all that match, of their own keys and of metadata", () => {
  const { facets, total } = small().search({ facets: ["severity", "team", "context", "none"] });
  expect(total).toBe(2);
  expect(facets.team).toEqual([
    { value: "identity", count: 1 },
    { value: "payments", count: 1 },
  ]);
  expect(facets.severity).toHaveLength(2);
  expect(facets.context?.[0]).toEqual({ value: "mail staging", count: 1 });
  expect(facets.none).toEqual([]);
  const fewer = small().search({ text: "expired", facets: ["team"] });
  expect(fewer.facets.team).toEqual([{ value: "identity", count: 1 }]);
});

test("highlights stand on the words, also far into a long text", () => {
  const index = createSearchIndex();
  const fix = `${"Look at the log first. ".repeat(8)}Then rotate the credentials.`;
  index.apply([line("a", { message: "Rotação de credenciais failed", fix })]);
  const { hits } = index.search({ text: "rotated credential rotação", highlight: true });
  const marked = hits[0]?.highlights.flatMap(({ text, ranges }) =>
    ranges.map(([from, to]) => text.slice(from, to)),
  );
  expect(marked).toEqual(["Rotação", "rotate", "credentials"]);
  expect(index.search({ text: "rotate" }).hits[0]?.highlights).toEqual([]);
});

test("a hit shows its record without anything being fetched", () => {
  const { hits } = small().search({ text: "refused" });
  expect(hits[0]).toMatchObject({
    ...{ id: "refused", version: 1, type: "diagnosis", severity: "high", confidence: 0.9 },
    ...{ name: REFUSED.name, message: REFUSED.message, fix: REFUSED.fix, timestamp: 5_000 },
    ...{ metadata: REFUSED.metadata, data: { worked: 3 }, matched: ["refus"] },
  });
});

test("a later version takes the place of an earlier one, whichever comes last", () => {
  const index = small();
  index.apply([line("refused", { ...REFUSED, message: "pool exhausted" }, 3)]);
  index.apply([line("refused", { ...REFUSED, message: "older words" }, 2)]);
  expect(index.size).toBe(2);
  expect(idsOf(index.search({ text: "exhausted" }))).toEqual(["refused"]);
  expect(idsOf(index.search({ text: "older" }))).toEqual([]);
  index.apply([{ kind: "gone", id: "refused", version: 2, at: 0 }]);
  expect(index.size).toBe(2);
  index.apply([{ kind: "gone", id: "refused", version: 3, at: 0 }]);
  expect(index.size).toBe(1);
});

test("entries of any form are taken for what can be read of them", async () => {
  const index = createSearchIndex();
  const entries = [
    null,
    7,
    "text",
    [],
    {},
    { message: 5, metadata: [], data: "x", confidence: "1" },
  ];
  index.apply(entries.map((entry, at) => ({ ...line(`e${at}`, {}), entry }) as LedgerLine));
  index.apply([
    line("nul", { name: "a\0b", message: "c\0d", metadata: { "k\x01": "v", "": "w" } }),
  ]);
  expect(index.size).toBe(entries.length + 1);
  expect(index.search({}).total).toBe(entries.length + 1);
  const loaded = createSearchIndex();
  loaded.load(await index.snapshot());
  expect(loaded.search({ text: "c d" }).hits[0]).toMatchObject({ id: "nul", name: "a b" });
});

test("questions without anything to find find nothing, or everything", () => {
  expect(small().search({ text: "zzzzzz" }).hits).toEqual([]);
  expect(small().search({ text: "… !" }).total).toBe(2);
  expect(createSearchIndex().search({ text: "refused" })).toMatchObject({ hits: [], total: 0 });
});

test("pages follow each other without a gap", () => {
  const index = createSearchIndex();
  index.apply(
    Array.from({ length: 30 }, (_, at) => line(`d${at}`, { message: `lease ${at} lost` })),
  );
  const all = idsOf(index.search({ text: "lease", limit: 30 }));
  expect(new Set(all).size).toBe(30);
  const pages = [0, 10, 20].flatMap((offset) => idsOf(index.search({ text: "lease", offset })));
  expect(pages).toEqual(all);
});

test("a snapshot that was cut, changed or made by something else is refused and changes nothing", async () => {
  const index = small();
  const bytes = await index.snapshot();
  const flipped = bytes.slice();
  flipped[bytes.length - 9] = (flipped[bytes.length - 9] ?? 0) ^ 1;
  for (const bad of [new Uint8Array(), bytes.slice(0, 10), bytes.slice(0, -1), flipped]) {
    expect(() => index.load(bad)).toThrow(expect.objectContaining({ code: "invalid_sections" }));
  }
  expect(() => index.load(Buffer.from("PK".repeat(100)))).toThrow(/no packed sections/);
  expect(index.size).toBe(2);
  index.reset();
  expect(index.size).toBe(0);
  index.load(bytes);
  expect(idsOf(index.search({ text: "refused" }))).toEqual(["refused"]);
});

test.each([
  ["socket", "socket", 0],
  ["scoket", "socket", 1],
  ["soket", "socket", 1],
  ["sockett", "socket", 1],
  ["sacket", "socket", 1],
  ["saccet", "socket", 2],
  ["abcdef", "socket", 3],
])("from %s to %s it is %i", (from, to, distance) => {
  expect(distanceOf(from, to, 2)).toBe(distance);
});
