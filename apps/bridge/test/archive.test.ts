import type { HistoryRow } from "@trestle/policy";
import { askPostgres, hasLocalPostgres } from "@trestle/testkit/local-postgres";
import pg from "pg";
import { describe, expect, onTestFinished, test } from "vitest";
import { rowOf } from "../src/state/_rows.ts";
import { createArchiveDatabase, openArchivedHome } from "./_archive.ts";

const isThere = await hasLocalPostgres();
const TABLE = "trestle_bridge.execution";
const DAY_MS = 86_400_000;

interface Kept {
  readonly execution_id: string;
  readonly home: string;
  readonly outcome: string;
}

function keptIn(url: string): Promise<Kept[]> {
  return askPostgres<Kept & Record<string, unknown>>(
    url,
    `SELECT execution_id, home, outcome FROM ${TABLE} ORDER BY started_at, execution_id`,
  );
}

describe.runIf(isThere)("the history in Postgres", { timeout: 60_000 }, () => {
  test("has every execution once, and its end once that is known", async () => {
    const url = await createArchiveDatabase();
    const { records, copied, archive } = await openArchivedHome({ url });
    const { history } = records;
    await history.started(rowOf({ executionId: "w1", tool: "write", readOnly: false }));
    for (let index = 0; index < 1_200; index += 1) {
      history.finished(rowOf({ executionId: `r${index}`, startedAt: 2_000 + index }));
    }
    await copied();
    expect((await keptIn(url))[0]).toMatchObject({ execution_id: "w1", outcome: "started" });
    history.finished(
      rowOf({ executionId: "w1", tool: "write", readOnly: false, errorMessage: "\0" }),
    );
    await expect
      .poll(async () => (await archive.get("w1"))?.execution.outcome, { timeout: 20_000 })
      .toBe("success");
    const kept = await keptIn(url);
    expect(kept).toHaveLength(1_201);
    expect(new Set(kept.map((row) => row.execution_id)).size).toBe(1_201);
  });

  test("has all that the home knows of a call, but what its result said", async () => {
    const url = await createArchiveDatabase();
    const { records, copied, archive } = await openArchivedHome({ url });
    const exact = (JSON as unknown as { rawJSON(text: string): never }).rawJSON("9007199254740993");
    const all: Required<HistoryRow> = {
      ...rowOf({ executionId: "all", tool: "write", readOnly: false, outcome: "error" }),
      ...{
        parentExecutionId: "p",
        arguments: { exact, text: "ä\u0000\ud800" },
        durationMs: 12.345,
      },
      ...{ attempts: 3, retries: 2, cached: true, fallbackUsed: true, era: "modern", client: "c" },
      ...{ run: "chain", cost: 0.25, requestBytes: 41, resultBytes: 2 ** 40, errorCode: "timeout" },
      ...{ errorMessage: "Too slow.", resultHash: "abc", document: '{"secret":1}' },
      stages: [{ policy: "retry", decision: "again", ms: 1_002.5, at: 3.5 }],
    };
    await records.history.started(all);
    await copied();
    records.history.finished(all);
    await records.history.newest({ limit: 1 });
    await expect
      .poll(async () => (await archive.get("all"))?.execution.outcome, { timeout: 20_000 })
      .toBe("error");
    const [here, there] = await Promise.all([records.history.get("all"), archive.get("all")]);
    expect(JSON.stringify(there?.execution.arguments)).toBe(
      JSON.stringify(here?.execution.arguments),
    );
    expect(here?.execution.document).toBe('{"secret":1}');
    expect(there?.execution).toEqual({ ...here?.execution, document: undefined });
  });

  test("answers for what the home keeps no more, page by page as the home does", async () => {
    const url = await createArchiveDatabase();
    const { records, copied, reader } = await openArchivedHome({ url, maxRows: 50 });
    const rows = Array.from({ length: 300 }, (_, index) =>
      rowOf({
        executionId: `e${String(index).padStart(4, "0")}`,
        startedAt: 1_000 + index,
        server: index % 2 === 0 ? "even" : "odd",
        principal: index % 3 === 0 ? "p" : "q",
        arguments: { index },
        stages: [{ policy: "limit", decision: "within", ms: 0.5 }],
      }),
    );
    for (const [index, row] of rows.entries()) {
      records.history.finished(row);
      if (index % 100 === 99) await copied();
    }
    await expect
      .poll(async () => (await records.history.list({ limit: 1_000 })).executions.length)
      .toBeLessThan(150);
    const seen = [];
    let before: string | number | undefined;
    do {
      const filter = { server: "even", principal: "p", from: 1_000, to: 1_250, limit: 10 };
      const page = await reader.list(before === undefined ? filter : { ...filter, before });
      seen.push(...page.executions);
      before = page.next;
    } while (before !== undefined);
    const expected = rows.filter((_, index) => index % 6 === 0 && index < 250).toReversed();
    expect(seen.map(({ seq: _, ...row }) => row)).toMatchObject(
      expected.map(({ executionId, arguments: args, stages }) => ({
        ...{ executionId, stages },
        arguments: args,
      })),
    );
    expect((await reader.get("e0000"))?.execution.arguments).toEqual({ index: 0 });
  });

  test("is that of all homes, which may begin at the same moment", async () => {
    const url = await createArchiveDatabase();
    const homes = await Promise.all([1, 2, 3, 4].map(() => openArchivedHome({ url })));
    for (const [index, { records }] of homes.entries()) {
      records.history.finished(rowOf({ executionId: `of-${index}`, startedAt: 1_000 + index }));
    }
    await Promise.all(homes.map(({ copied }) => copied()));
    for (const { reader } of homes) {
      const { executions } = await reader.list();
      expect(executions.map(({ executionId }) => executionId)).toEqual([
        ...["of-3", "of-2", "of-1", "of-0"],
      ]);
    }
    const kept = await keptIn(url);
    expect(new Set(kept.map(({ home }) => home))).toEqual(new Set(homes.map(({ home }) => home)));
  });

  test("delays nothing while Postgres is slow, says how far it is behind, and catches up", async () => {
    const url = await createArchiveDatabase();
    const { records, copied, archive, reader, stands } = await openArchivedHome({
      url,
      statementMs: 500,
    });
    await copied();
    const blocker = new pg.Client({ connectionString: url });
    await blocker.connect();
    onTestFinished(() => blocker.end());
    await blocker.query(`BEGIN; LOCK TABLE ${TABLE} IN ACCESS EXCLUSIVE MODE`);
    const begun = performance.now();
    for (let index = 0; index < 100; index += 1) {
      records.history.finished(rowOf({ executionId: `s${index}`, startedAt: Date.now() }));
    }
    expect(performance.now() - begun).toBeLessThan(200);
    await stands("it is behind", ({ state, lagRows }) => state === "down" && lagRows === 100);
    expect(archive.status()).toMatchObject({ problem: expect.stringContaining("does not answer") });
    const page = await reader.list();
    expect(page.executions).toHaveLength(100);
    expect(page.problem).toContain("did not answer");
    await blocker.query("ROLLBACK");
    await copied();
    expect(await keptIn(url)).toHaveLength(100);
  });

  test("keeps rows at home until they are copied, however few are kept otherwise", async () => {
    const url = await createArchiveDatabase();
    const nowhere = await openArchivedHome({ url: "postgres://127.0.0.1:1/x", maxRows: 20 });
    const { folder, home, records } = nowhere;
    for (let index = 0; index < 150; index += 1) {
      records.history.finished(rowOf({ executionId: `k${index}` }));
      if (index % 10 === 9) await records.history.newest({ limit: 1 });
    }
    await nowhere.close();
    const back = await openArchivedHome({ url, folder, home, maxRows: 20 });
    await back.copied();
    expect(await keptIn(url)).toHaveLength(150);
    expect(back.archive.status().lost).toBe(0);
  });

  test("counts what is deleted before it was copied, where Postgres is away for too long", async () => {
    const url = await createArchiveDatabase();
    const nowhere = await openArchivedHome({ url: "postgres://127.0.0.1:1/x", maxRows: 20 });
    const { folder, home, records } = nowhere;
    for (let index = 0; index < 400; index += 1) {
      records.history.finished(rowOf({ executionId: `k${index}` }));
      if (index % 10 === 9) await records.history.newest({ limit: 1 });
    }
    await nowhere.close();
    const back = await openArchivedHome({ url, folder, home, maxRows: 20 });
    await back.copied();
    const { lost } = back.archive.status();
    expect(lost).toBeGreaterThan(100);
    expect((await keptIn(url)).length + lost).toBe(400);
  });

  test("is refused where a newer bridge made it, and left as it is", async () => {
    const url = await createArchiveDatabase();
    const first = await openArchivedHome({ url });
    await first.copied();
    await first.close();
    await askPostgres(url, "INSERT INTO trestle_bridge.migration VALUES (99)");
    const { records, archive, stands } = await openArchivedHome({ url });
    records.history.finished(rowOf({ executionId: "n" }));
    await stands("it says so", ({ state }) => state === "down");
    expect(archive.status().problem).toContain("has schema version 99");
    expect(archive.status().problem).toContain("Upgrade this bridge");
    expect(await keptIn(url)).toEqual([]);
  });

  test("is kept as long as it is told, and no longer", async () => {
    const url = await createArchiveDatabase();
    const first = await openArchivedHome({ url });
    const old = Date.now() - 10 * DAY_MS;
    for (let index = 0; index < 20; index += 1) {
      const startedAt = index < 15 ? old : Date.now();
      first.records.history.finished(rowOf({ executionId: `o${index}`, startedAt }));
    }
    await first.copied();
    expect(await keptIn(url)).toHaveLength(20);
    await openArchivedHome({ url, retention: { historyDays: 9 } });
    await expect.poll(async () => (await keptIn(url)).length, { timeout: 20_000 }).toBe(5);
  });
});
