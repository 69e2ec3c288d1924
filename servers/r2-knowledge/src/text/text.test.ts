import { expect, test } from "vitest";
import { masked } from "./mask.ts";
import { stemOf } from "./stem.ts";
import { forEachWord, wordsOf } from "./tokens.ts";

test.each([
  ["parseHTTPResponse", ["parse", "http", "response"]],
  ["max_old_space_size", ["max", "old", "space", "size"]],
  ["src/orders/loadOrder.ts", ["src", "orders", "load", "order", "ts"]],
  ["worker12 failed", ["worker", "12", "failed"]],
  ["utf8 s3", ["utf8", "s3"]],
  ["id 7f3a9c2e1b", ["id", "7f3a9c2e1b"]],
  ["ligação recusada", ["ligacao", "recusada"]],
  ["接続 failed", ["接", "続", "failed"]],
  ["", []],
  ["… — !", []],
])("the words of %s", (text, words) => {
  expect(wordsOf(text)).toEqual(words);
});

test("each word stands where the text says so, accents or not", () => {
  const text = "Conexão: getUserName, ÉTÉ";
  const found: string[] = [];
  forEachWord(text, (_, start, end) => found.push(text.slice(start, end)));
  expect(found).toEqual(["Conexão", "get", "User", "Name", "ÉTÉ"]);
});

test.each([
  ["connect", ["connected", "connecting", "connection", "connections", "connects"]],
  ["query", ["queries", "querying", "queried"]],
  ["fail", ["fails", "failed", "failing"]],
  ["resolve", ["resolves", "resolved", "resolving"]],
  ["class", ["classes"]],
  ["stop", ["stopped", "stopping", "stops"]],
])("forms of %s have one stem", (word, forms) => {
  expect(new Set(forms.map(stemOf))).toEqual(new Set([stemOf(word)]));
});

test("short words and words of other signs stay as they are", () => {
  for (const word of ["bus", "is", "string", "status", "e404", "été"]) {
    expect(stemOf(word)).toBe(word);
  }
});

test.each([
  ["connect ECONNREFUSED 127.0.0.1:5432", "connect ECONNREFUSED #"],
  [
    "Cannot read properties of undefined (reading 'map')",
    "Cannot read properties of undefined (reading #)",
  ],
  ["open '/srv/data/a.json' failed", "open # failed"],
  ["took 1500ms, at most 2.5 s", "took #, at most # s"],
  ["job 7d9f2c34-1a2b-4c3d-8e9f-001122334455 is gone", "job # is gone"],
  ["GET https://api.example.com/v1/users?id=3 failed", "GET # failed"],
  ["mail to ann@example.com bounced", "mail to # bounced"],
  ["C:\\data\\in.csv is locked", "# is locked"],
  ["at 2026-03-01T10:20:30.123Z in src/lib/pay.ts:12:3", "at # in #"],
  ["com.acme.Order@1f3a9c is closed", "com.acme.Order# is closed"],
  ["pointer 0xdeadbeef", "pointer #"],
  ["it can't be what it isn't", "it can't be what it isn't"],
  ["blk_-1608999687919862906 of size 91178", "blk_# of size #"],
  ["::1 and fe80:0:0:0:1:2:3:4", "# and #"],
])("the template of %s", (message, template) => {
  expect(masked(message)).toBe(template);
});

test("what is masked is masked already", () => {
  const template = masked("read 12 of 40 bytes from /tmp/x");
  expect(masked(template)).toBe(template);
});

test("a message made to slow the masks down takes no longer than its length", () => {
  for (const piece of ["a.", "1:", "a-", "/a", "'a", "a@", "0x", "f", " ", "::", "a1", "../"]) {
    const started = performance.now();
    masked(piece.repeat(50_000));
    expect(performance.now() - started).toBeLessThan(2_000);
  }
});
