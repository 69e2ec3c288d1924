import { expect, test } from "vitest";
import type { Part, TrackedRecord } from "../model/record.ts";
import { createRecordRedact } from "./redact-record.ts";

/** Put together here, so that nobody takes it for a real one. */
const key = `${"sk"}-${"a1B2".repeat(6)}`;

function recordOf(...parts: Part[]): TrackedRecord {
  const origin = { source: "s", path: "p", offset: 0 };
  const session = { title: `with ${key}` };
  return { id: "1", sessionId: "s", at: 1, type: "t", origin, parts, session };
}

test("secrets are taken out of every text of a record, and numbers stay", () => {
  const redact = createRecordRedact({ fields: ["pin"], patterns: [/ACME-\d+/] });
  const safe = redact(
    recordOf(
      { kind: "prompt", text: `use ${key} for ACME-42 and ACME-43` },
      { kind: "call", callId: "c", tool: "T", input: { password: "x", pin: 1, note: "ACME-1" } },
      { kind: "task", source: "plan", listId: "l", items: [{ subject: `rotate ${key}` }] },
      {
        kind: "usage",
        responseId: "r",
        model: "m",
        inputTokens: 1,
        outputTokens: 2,
        cacheReadTokens: 3,
        cacheWriteTokens: 4,
      },
    ),
  );
  expect(safe.parts).toEqual([
    { kind: "prompt", text: "use [redacted] for [redacted] and [redacted]" },
    expect.objectContaining({
      input: { password: "[redacted]", pin: "[redacted]", note: "[redacted]" },
    }),
    expect.objectContaining({ items: [{ subject: "rotate [redacted]" }] }),
    expect.objectContaining({ inputTokens: 1, outputTokens: 2 }),
  ]);
  expect(safe.session?.title).toBe("with [redacted]");
});

test("of a long text its beginning is kept", () => {
  const safe = createRecordRedact()(recordOf({ kind: "reply", text: "x".repeat(70_000) }));
  expect(safe.parts[0]).toMatchObject({ text: expect.stringMatching(/x… \(6000 more\)$/) });
});
