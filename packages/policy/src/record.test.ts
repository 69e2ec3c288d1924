import { type JsonObject, parseJson, TrestleError } from "@trestle/protocol";
import { describe, expect, test } from "vitest";
import { createCall, createTestClock, writing } from "./_parts.ts";
import { again, failing, run } from "./_record.ts";
import { attempt } from "./attempt.ts";
import { compose, type Next } from "./call.ts";
import type { HistoryRow } from "./execution.ts";
import { record } from "./record.ts";
import { createRedact } from "./redact.ts";

describe("record", () => {
  test("keeps one row of a success and tells the caller of it", async () => {
    const { answer, row, started, finished } = await run(createCall(), async () => ({
      content: [],
    }));
    expect(finished).toHaveLength(1);
    expect(started).toEqual([]);
    expect(row).toEqual({
      executionId: "e1",
      server: "db",
      tool: "run",
      principal: "local",
      readOnly: true,
      arguments: { a: 1 },
      outcome: "success",
      startedAt: 1_000,
      durationMs: 25,
      attempts: 1,
      retries: 0,
      cached: false,
      fallbackUsed: false,
      stages: [],
      era: "modern",
      requestBytes: 7,
      resultBytes: 14,
    });
    expect(answer._meta).toEqual({
      "trestle/call": {
        execution_id: "e1",
        duration_ms: 25,
        cached: false,
        retry_count: 0,
        fallback_used: false,
      },
    });
  });

  test("tells how far the caller is from its limit, where there is one", async () => {
    const limited = { limit: 5, remaining: 4, reset: 61_000 };
    const { answer } = await run(createCall(), async (call) => {
      call.trail.limit = limited;
      return {};
    });
    expect(answer._meta).toMatchObject({ "trestle/call": { rate_limit: limited } });
  });

  test("keeps what the policies decided, of a failure too", async () => {
    const stage = { policy: "breaker", decision: "open", ms: 0 };
    const { finished } = await run(createCall(), async (call) => {
      call.trail.stages.push(stage);
      throw new TrestleError("unavailable", "open");
    });
    expect(finished).toMatchObject([{ outcome: "error", stages: [stage] }]);
  });

  test("adds to _meta without touching what is there or the order of keys", async () => {
    const text = '{"_meta":{"b":9007199254740993,"a":1},"z":{"__proto__":{"x":1}},"content":[]}';
    const { answer } = await run(createCall(), async () => parseJson(text) as JsonObject);
    const own = JSON.stringify(answer).replace(/,"trestle\/call":\{[^}]*\}/, "");
    expect(own).toBe(text);
  });

  test("has the row of a write on disk before the write is sent", async () => {
    const order: string[] = [];
    const history = { started: async () => void order.push("row"), finished: () => {} };
    const policy = record({ history, clock: createTestClock(), redact: createRedact() });
    await policy(createCall({ hints: writing }), async () => {
      order.push("sent");
      return {};
    });
    expect(order).toEqual(["row", "sent"]);
  });

  test("sends no write whose row cannot be kept", async () => {
    let sent = false;
    const history = { started: () => Promise.reject(new Error("disk full")), finished: () => {} };
    const policy = record({ history, clock: createTestClock(), redact: createRedact() });
    const call = policy(createCall({ hints: writing }), async () => {
      sent = true;
      return {};
    });
    await expect(call).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringContaining("disk full"),
      details: { sent: false, refusedBy: "record" },
    });
    expect(sent).toBe(false);
  });

  test("sends no write that its caller gave up while its row was written", async () => {
    const clock = createTestClock();
    const rows: HistoryRow[] = [];
    const history = {
      started: async () => clock.advance(100),
      finished: (row: HistoryRow) => void rows.push(row),
    };
    const policy = record({ history, clock, redact: createRedact() });
    let sent = false;
    const late = createCall({ hints: writing, context: { deadline: 1_050 } });
    const answer = policy(late, async () => {
      sent = true;
      return {};
    });
    await expect(answer).rejects.toMatchObject({ code: "timeout", details: { sent: false } });
    expect(sent).toBe(false);
    expect(rows).toMatchObject([{ outcome: "error", errorCode: "timeout", attempts: 0 }]);
    expect(rows[0]?.stages).toMatchObject([{ policy: "record", decision: "start not stored" }]);
  });

  test("says where the time went, to the microsecond", async () => {
    const clock = createTestClock();
    let fine = 5;
    const rows: HistoryRow[] = [];
    const history = {
      started: async () => {
        fine += 0.25;
      },
      finished: (row: HistoryRow) => void rows.push(row),
    };
    const parts = { history, clock, redact: createRedact(), fineNow: () => fine };
    const failsOnce = compose([record(parts), again, attempt], async (call) => {
      call.trail.attempts += 1;
      fine += 1.5;
      if (call.trail.attempts === 1) throw new TrestleError("unavailable", "Down.");
      return {};
    });
    const answer = await failsOnce(createCall({ hints: writing }));
    expect(rows[0]?.durationMs).toBe(3.25);
    expect(answer._meta).toMatchObject({ "trestle/call": { duration_ms: 3.25, retry_count: 1 } });
    expect(rows[0]?.stages).toEqual([
      { policy: "record", decision: "start stored", ms: 0.25, at: 0.25 },
      { policy: "upstream", decision: "failed: unavailable", ms: 1.5, at: 1.75 },
      { policy: "upstream", decision: "answered", ms: 1.5, at: 3.25 },
    ]);
  });

  test("counts and tells of every execution once, however it ended", async () => {
    const [stored, observed, published]: HistoryRow[][] = [[], [], []];
    const policy = record({
      history: { started: async () => {}, finished: (row) => void stored?.push(row) },
      metrics: { observe: (row) => void observed?.push(row) },
      publish: (row) => void published?.push(row),
      clock: createTestClock(),
      redact: createRedact(),
      costFor: ({ tool }) => (tool === "run" ? 0.5 : undefined),
    });
    const twice: Next = async (call) => {
      call.trail.attempts += 2;
      return { isError: true };
    };
    await policy(createCall(), twice);
    await policy(createCall({ tool: "free" }), twice);
    await policy(createCall(), failing(new Error("boom"))).catch(() => {});
    expect(stored?.map(({ outcome, cost }) => [outcome, cost])).toEqual([
      ["tool_error", 1],
      ["tool_error", undefined],
      ["error", 0],
    ]);
    expect(observed).toEqual(stored);
    expect(published).toEqual(stored);
  });

  test("names the client, and the sizes that the transport knows before its own guess", async () => {
    const client = {
      era: "legacy",
      protocolVersion: "2025-06-18",
      capabilities: {},
      info: { name: "claude-code" },
    } as const;
    const { row } = await run(createCall({ context: { client } }), async ({ trail }) => {
      trail.resultBytes = 12_345;
      return { content: [] };
    });
    expect(row).toMatchObject({ era: "legacy", client: "claude-code", resultBytes: 12_345 });
  });
});
