import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { createRedact, type HistoryRow } from "@trestle/policy";
import { systemClock } from "@trestle/protocol";
import { openSqlite } from "@trestle/store";
import { afterEach, describe, expect, test } from "vitest";
import { rowOf } from "../_rows.ts";
import { openRecords, type Records } from "../records.ts";
import { historyMigrations } from "../schema.ts";
import type { HistoryStore } from "./history.ts";

const folder = mkdtempSync(join(tmpdir(), "trestle-history-"));
const open = new Set<Records>();
let files = 0;

afterEach(async () => {
  await closeAll();
  rmSync(folder, { recursive: true, force: true });
});

async function closeAll(): Promise<void> {
  for (const records of open) await records.close();
  open.clear();
}

async function openAt(file: string): Promise<HistoryStore> {
  const parts = { maxRows: 1_000, clock: systemClock, redact: createRedact() };
  const records = await openRecords({ file, ...parts });
  open.add(records);
  return records.history;
}

function newFile(): string {
  files += 1;
  return join(folder, `${files}`, "history.db");
}

const rich: HistoryRow = {
  ...rowOf({ executionId: "e1", parentExecutionId: "p1", tool: "write", readOnly: false }),
  arguments: { id: 7, nested: { list: ["a", null, true] } },
  outcome: "error",
  durationMs: 12.345,
  attempts: 2,
  retries: 1,
  fallbackUsed: true,
  stages: [
    { policy: "authorize", decision: "allowed", ms: 0, at: 0.012 },
    { policy: "retry", decision: "again after\ttimeout", ms: 1_002.5, at: 3.5 },
    { policy: "elsewhere", decision: "no time", ms: 1 },
  ],
  era: "modern",
  client: "claude-code",
  cost: 0.25,
  requestBytes: 41,
  resultBytes: 0,
  errorCode: "timeout",
  errorMessage: "Too slow.",
};

describe("an execution", () => {
  test("comes back whole", async () => {
    const history = await openAt(newFile());
    history.finished(rich);
    expect((await history.get("e1"))?.execution).toEqual({ ...rich, seq: 1 });
    expect(await history.get("e2")).toBeUndefined();
  });

  test("is known as started while it runs, and has one row in the end", async () => {
    const history = await openAt(newFile());
    await history.started(rich);
    const running = (await history.get("e1"))?.execution;
    expect(running).toMatchObject({ outcome: "started", arguments: rich.arguments, stages: [] });
    expect(running?.durationMs).toBeUndefined();
    history.finished(rich);
    const { executions } = await history.list();
    expect(executions).toEqual([{ ...rich, seq: 1 }]);
  });

  test("has the executions it caused as its children, the oldest first", async () => {
    const history = await openAt(newFile());
    for (const executionId of ["c1", "c2"]) {
      history.finished(rowOf({ executionId, parentExecutionId: "p" }));
    }
    history.finished(rowOf({ executionId: "p" }));
    const family = await history.get("p");
    expect(family?.execution.executionId).toBe("p");
    expect(family?.children.map(({ executionId }) => executionId)).toEqual(["c1", "c2"]);
  });

  test("keeps numbers beyond a double, and says where arguments were too large to keep", async () => {
    const history = await openAt(newFile());
    const exact = (JSON as unknown as { rawJSON(text: string): never }).rawJSON("9007199254740993");
    history.finished(rowOf({ executionId: "exact", arguments: { exact } }));
    const many = Array.from({ length: 20_000 }, (_, index) => index);
    history.finished(rowOf({ executionId: "large", arguments: { many } }));
    const kept = (await history.get("exact"))?.execution.arguments;
    expect(JSON.stringify(kept)).toBe('{"exact":9007199254740993}');
    expect((await history.get("large"))?.execution.arguments).toEqual({
      "[too large]": expect.stringContaining("characters, not kept"),
    });
  });

  test("that cannot be stored at all does not take the others with it", async () => {
    const history = await openAt(newFile());
    const circle: Record<string, unknown> = {};
    circle.self = circle;
    history.finished(rowOf({ executionId: "good" }));
    history.finished(rowOf({ executionId: "bad", arguments: circle as never }));
    history.finished(rowOf({ executionId: "better" }));
    const { executions } = await history.list();
    expect(executions.map(({ executionId }) => executionId).toSorted()).toEqual(["better", "good"]);
    expect(history.dropped()).toBe(1);
  });
});

describe("a list", () => {
  const rows = Array.from({ length: 25 }, (_, index) =>
    rowOf({
      executionId: `e${index}`,
      server: index % 2 === 0 ? "even" : "odd",
      tool: index % 5 === 0 ? "fifth" : "other",
      principal: index < 10 ? "ann" : "bob",
      outcome: index === 3 ? "outcome_unknown" : "success",
      startedAt: 1_000 + index,
    }),
  );

  test.each([
    ["time", { from: 1_005, to: 1_008 }, [7, 6, 5]],
    ["server and tool", { server: "odd", tool: "fifth" }, [15, 5]],
    ["outcome", { outcome: "outcome_unknown" }, [3]],
    ["principal", { principal: "ann", limit: 2 }, [9, 8]],
    ["nothing that is there", { parent: "e1" }, []],
  ] as const)("is filtered by %s, the newest first", async (_what, filter, expected) => {
    const history = await openAt(newFile());
    for (const row of rows) history.finished(row);
    const { executions } = await history.list(filter);
    expect(executions.map(({ startedAt }) => startedAt - 1_000)).toEqual(expected);
  });

  test("goes on where the page before ended, whatever came meanwhile", async () => {
    const history = await openAt(newFile());
    for (const row of rows) history.finished(row);
    const seen: string[] = [];
    let before: number | undefined;
    do {
      const page = await history.list(before === undefined ? { limit: 7 } : { limit: 7, before });
      seen.push(...page.executions.map(({ executionId }) => executionId));
      history.finished(rowOf({ executionId: `later-${seen.length}` }));
      before = page.next;
    } while (before !== undefined);
    expect(seen).toEqual(rows.map(({ executionId }) => executionId).toReversed());
  });
});

test("a file of the first version is brought up to date with what it holds", async () => {
  const file = newFile();
  const [first] = historyMigrations;
  if (!first) throw new Error("There is a first version.");
  const before = await openSqlite({ file, migrations: [first] });
  await before.write([
    {
      sql: `INSERT INTO executions (execution_id, server, tool, principal, read_only, arguments, outcome, started_at)
        VALUES ('old', 'db', 'run', 'local', 0, '{"a":1}', 'started', 5)`,
    },
  ]);
  await before.close();
  const history = await openAt(file);
  history.finished(rich);
  const { executions } = await history.list();
  expect(executions).toMatchObject([
    { executionId: "e1", retries: 1 },
    // Its bridge is gone, and nobody knows how it ended.
    { executionId: "old", outcome: "outcome_unknown", arguments: { a: 1 }, stages: [], retries: 0 },
  ]);
});

test("what is read is found by an index, not by reading every row", async () => {
  const file = newFile();
  const history = await openAt(file);
  history.finished(rich);
  await closeAll();
  const database = new DatabaseSync(file, { readOnly: true });
  const plan = database
    .prepare(
      "EXPLAIN QUERY PLAN SELECT * FROM executions WHERE parent_execution_id = ? ORDER BY seq",
    )
    .all("p") as { detail: string }[];
  database.close();
  expect(plan[0]?.detail).toContain("executions_by_parent");
});
