import { expect, test } from "vitest";
import { masked } from "./mask.ts";

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
