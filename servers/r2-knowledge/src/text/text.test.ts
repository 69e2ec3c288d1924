import { expect, test } from "vitest";
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
