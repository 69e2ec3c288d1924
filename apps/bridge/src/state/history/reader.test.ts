import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRedact } from "@trestle/policy";
import { silentLogger, systemClock, TrestleError } from "@trestle/protocol";
import { afterAll, expect, test } from "vitest";
import { rowOf } from "../_rows.ts";
import { openRecords, type Records } from "../records.ts";
import { createHistoryReader } from "./reader.ts";
import type { HistorySource } from "./source.ts";

const folder = mkdtempSync(join(tmpdir(), "trestle-reader-"));
const opened: Records[] = [];
afterAll(async () => {
  await Promise.all(opened.map((records) => records.close()));
  rmSync(folder, { recursive: true, force: true });
});

async function openHistory(name: string) {
  const file = join(folder, name, "history.db");
  const parts = { maxRows: 100, clock: systemClock, redact: createRedact() };
  const records = await openRecords({ file, ...parts });
  opened.push(records);
  return records.history;
}

const silent: HistorySource = {
  name: "Postgres at nowhere",
  newest: () => Promise.reject(new TrestleError("unavailable", "gone")),
  get: () => Promise.reject(new TrestleError("unavailable", "gone")),
};

test("pages go through several histories in the order of time, and show each execution once", async () => {
  const [own, other] = [await openHistory("own"), await openHistory("other")];
  for (let index = 0; index < 20; index += 1) {
    const row = rowOf({
      executionId: `e${String(index).padStart(2, "0")}`,
      startedAt: 1_000 + (index >> 1),
    });
    if (index % 3 !== 0) own.finished(row);
    if (index % 3 !== 1) other.finished(row);
  }
  const reader = createHistoryReader({ own, others: () => [other], log: silentLogger });
  const seen: string[] = [];
  let before: string | number | undefined;
  do {
    const page = await reader.list({ limit: 7, ...(before === undefined ? {} : { before }) });
    seen.push(...page.executions.map(({ executionId }) => executionId));
    before = page.next;
  } while (before !== undefined);
  const all = Array.from({ length: 20 }, (_, index) => `e${String(index).padStart(2, "0")}`);
  expect(seen).toEqual(all.toReversed());
});

test("whoever saw the end of a call is believed", async () => {
  const [own, other] = [await openHistory("own2"), await openHistory("other2")];
  await own.started(rowOf({ executionId: "w", readOnly: false }));
  other.finished(rowOf({ executionId: "w", readOnly: false }));
  other.finished(rowOf({ executionId: "c", parentExecutionId: "w", startedAt: 1_001 }));
  const reader = createHistoryReader({ own, others: () => [other], log: silentLogger });
  const family = await reader.get("w");
  expect(family?.execution.outcome).toBe("success");
  expect(family?.children.map(({ executionId }) => executionId)).toEqual(["c"]);
});

test("a source that does not answer is told of, and nothing else is missing", async () => {
  const own = await openHistory("own3");
  own.finished(rowOf({ executionId: "x" }));
  const reader = createHistoryReader({ own, others: () => [silent], log: silentLogger });
  const { executions, problem } = await reader.list();
  expect(executions.map(({ executionId }) => executionId)).toEqual(["x"]);
  expect(problem).toContain("Postgres at nowhere");
  expect((await reader.get("x"))?.execution.executionId).toBe("x");
});
