import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRedact } from "@trestle/policy";
import { systemClock } from "@trestle/protocol";
import { afterAll, afterEach, expect, test } from "vitest";
import { rowOf } from "../_rows.ts";
import { openRecords, type Records } from "../records.ts";

const folder = mkdtempSync(join(tmpdir(), "trestle-learned-"));
const open = new Set<Records>();
let files = 0;

afterEach(async () => {
  for (const records of open) await records.close();
  open.clear();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function openNew(): Promise<Records> {
  files += 1;
  const file = join(folder, `${files}.db`);
  const parts = { maxRows: 10_000, clock: systemClock, redact: createRedact() };
  const records = await openRecords({ file, ...parts });
  open.add(records);
  return records;
}

test("every finished call comes back in the order in which it was stored, page after page", async () => {
  const { history, learned } = await openNew();
  const count = 4_500;
  for (let index = 0; index < count; index += 1) {
    const tool = index % 2 === 0 ? "even" : "odd";
    history.finished(rowOf({ executionId: `e${index}`, tool, startedAt: index, resultHash: "h" }));
  }
  await history.started(rowOf({ executionId: "running", readOnly: false }));
  const all = await learned.calls();
  expect(all.map(({ startedAt }) => startedAt)).toEqual(Array.from({ length: count }, (_, i) => i));
  const [, second] = all;
  expect(second).toMatchObject({ tool: "odd", startedAt: 1, resultHash: "h", outcome: "success" });
  expect(second?.stages()).toEqual([]);
  expect((await learned.outcomes()).length).toBe(count);
});

test("equal arguments are equal, however long they are, and others are not", async () => {
  const { history, learned } = await openNew();
  const long = "x".repeat(1_000);
  for (const [executionId, text] of Object.entries({ a: long, b: long, c: `${long}y`, d: "z" })) {
    history.finished(rowOf({ executionId, arguments: { text } }));
  }
  const [a, b, c, d] = (await learned.calls()).map((call) => call.arguments);
  expect(a).toBe(b);
  expect(a).not.toBe(c);
  expect(a?.length).toBeLessThan(65);
  expect(d).toBe('{"text":"z"}');
});

test("executions are found by their numbers, with what was kept of their results", async () => {
  const { history, learned } = await openNew();
  for (const executionId of ["a", "b", "c", "d"]) {
    history.finished(rowOf({ executionId, document: `{"of":"${executionId}"}` }));
  }
  const found = await learned.between(2, 9, 2);
  expect(found.map(({ seq, executionId }) => [seq, executionId])).toEqual([
    [2, "b"],
    [3, "c"],
  ]);
  expect(found[0]?.document).toBe('{"of":"b"}');
});
