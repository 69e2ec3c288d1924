import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ChainAnswer, runChain } from "@trestle/flow";
import { createRedact } from "@trestle/policy";
import { type JsonObject, systemClock, TrestleError } from "@trestle/protocol";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { openRecords, type Records } from "../records.ts";
import type { StartedChain } from "./chains.ts";

const folder = mkdtempSync(join(tmpdir(), "trestle-chains-"));
const open = new Set<Records>();
let files = 0;

afterEach(async () => {
  for (const records of open) await records.close();
  open.clear();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function openAt(file: string): Promise<Records> {
  const parts = { maxRows: 100, clock: systemClock, redact: createRedact() };
  const records = await openRecords({ file, ...parts });
  open.add(records);
  return records;
}

function newFile(): string {
  files += 1;
  return join(folder, `${files}.db`);
}

const definition = {
  name: "order",
  steps: [
    { id: "find", server: "shop", tool: "find", arguments: { password: "hunter2", id: 7 } },
    { id: "pay", server: "bank", tool: "pay", arguments: { order: "$last_result.id" } },
    { id: "mail", server: "mail", tool: "send" },
  ],
};

const chainOf = (id: string, changes: Partial<StartedChain> = {}): StartedChain => ({
  id,
  name: "order",
  principal: "ann",
  startedAt: 1_000,
  definition,
  ...changes,
});

/** What the chain really answers, with a bank that refuses. */
function runOrder(): Promise<ChainAnswer> {
  return runChain(definition, {
    callTool: async (server: string): Promise<JsonObject> => {
      if (server === "bank") throw new TrestleError("denied", "token Bearer abcdefgh12345 is bad");
      return {
        content: [],
        structuredContent: { id: 7 },
        _meta: { "trestle/call": { execution_id: "e-find" } },
      };
    },
  });
}

describe("a chain", () => {
  test("is known while it runs, and how it ended afterwards, without secrets and results", async () => {
    const { chains } = await openAt(newFile());
    chains.started(chainOf("c1"));
    expect(await chains.get("c1")).toMatchObject({ outcome: "running", success: false, steps: [] });
    const answer = await runOrder();
    chains.finished(chainOf("c1"), answer);
    const chain = await chains.get("c1");
    expect(chain).toMatchObject({
      seq: 1,
      id: "c1",
      name: "order",
      principal: "ann",
      outcome: "failed",
      success: false,
      startedAt: 1_000,
      durationMs: answer.total_duration_ms,
      completedSteps: 1,
      totalSteps: 3,
      steps: [
        { id: "find", server: "shop", tool: "find", success: true, executionId: "e-find" },
        {
          id: "pay",
          success: false,
          error: { code: "denied", message: "token Bearer [redacted] is bad" },
        },
        { id: "mail", success: false, skipped: true },
      ],
    });
    expect(chain?.definition).toEqual({
      ...definition,
      steps: definition.steps.with(0, {
        ...definition.steps[0],
        arguments: { password: "[redacted]", id: 7 },
      } as never),
    });
    expect(JSON.stringify(chain)).not.toContain("structuredContent");
    expect(await chains.get("c2")).toBeUndefined();
  });

  test("that gave no answer says why", async () => {
    const { chains } = await openAt(newFile());
    const error = new TrestleError("invalid_input", 'Step "pay" has no tool.');
    chains.failed(chainOf("c1"), error, 3);
    expect(await chains.get("c1")).toMatchObject({
      outcome: "failed",
      durationMs: 3,
      error: { code: "invalid_input", message: error.message },
    });
  });

  test("that its bridge did not finish is interrupted", async () => {
    const file = newFile();
    const before = await openAt(file);
    before.chains.started(chainOf("c1"));
    before.chains.finished(chainOf("c2"), await runOrder());
    await before.close();
    const after = await openAt(file);
    const { chains } = await after.chains.list();
    expect(chains.map(({ id, outcome }) => [id, outcome])).toEqual([
      ["c2", "failed"],
      ["c1", "interrupted"],
    ]);
  });
});

test("the newest chains are kept and listed in pages, as the filter asks", async () => {
  const { chains } = await openAt(newFile());
  for (let index = 0; index < 1_010; index += 1) {
    const changes = { name: index % 2 === 0 ? "even" : "odd", startedAt: index };
    chains.started(chainOf(`c${index}`, changes));
  }
  const all = await chains.list({ limit: 5_000 });
  expect(all.chains).toHaveLength(1_000);
  expect(all.next).toBeUndefined();
  const first = await chains.list({ name: "odd", from: 1_000, to: 1_008, limit: 3 });
  expect(first.chains.map(({ id }) => id)).toEqual(["c1007", "c1005", "c1003"]);
  const filter = { name: "odd", from: 1_000, to: 1_008, limit: 3 };
  const second = await chains.list({ ...filter, before: first.next as number });
  expect(second.chains.map(({ id }) => id)).toEqual(["c1001"]);
  expect(second.next).toBeUndefined();
  expect(chains.dropped()).toBe(0);
});
