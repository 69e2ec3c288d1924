import { expect, test } from "vitest";
import { describe, wordsOf } from "./describe.ts";

test("an entry is told in one line, without what has a column of its own", () => {
  const entry = {
    event: "call_refused",
    principal: "key:ann",
    server: "database",
    limit: { calls: 2 },
  };
  expect(describe(entry)).toBe('server database · limit {"calls":2}');
  expect(describe({ event: "x", keys: ["policy", "http"], torn_bytes: 3 })).toBe(
    "keys policy, http · torn bytes 3",
  );
  expect(describe({ event: "x", text: "a".repeat(500) }).length).toBeLessThan(140);
});

test("events of servers are told in their own words", () => {
  expect(wordsOf("key_revoked")).toBe("Key revoked");
  expect(wordsOf("row_deleted")).toBe("row deleted");
});
