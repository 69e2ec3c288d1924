import { appendFileSync, chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { JsonObject } from "@trestle/protocol";
import { temporaryFolder } from "@trestle/testkit/surroundings";
import { expect, test } from "vitest";
import { startServer, withoutPrivilege } from "./_server-process.ts";

const at = new Date(Date.now() - 3_600_000).toISOString();

/** A line of Claude Code, with whatever else it is to have. */
function line(n: number, text: string, rest: JsonObject = {}): string {
  const message = { role: "assistant", id: `m${n}`, content: [{ type: "text", text }] };
  const told = { type: "assistant", uuid: `u${n}`, sessionId: "s1", timestamp: at, message };
  return `${JSON.stringify({ ...told, ...rest })}\n`;
}

/** What a later program might write, or a broken one: it is read as far as it can be, or left out. */
const CHANGED_SCHEMAS: readonly JsonObject[] = [
  { type: "reflection", insight: { deep: [1, 2, 3] } },
  { message: { role: "assistant", content: [{ type: "hologram", beam: 7 }, "words", null] } },
  { message: { role: "assistant", content: [{ type: "text", text: 12 }], usage: "many" } },
  { timestamp: 12.5, cwd: ["/a"], gitBranch: null, toolUseResult: [[[]]] },
  { timestamp: "2026-13-45T99:99:99Z", isSidechain: "perhaps", agentId: 9 },
  { message: { role: "assistant", content: [{ type: "tool_use", id: 1, name: {}, input: [] }] } },
];
const NO_SHAPE: readonly JsonObject[] = [
  { message: 17 },
  { message: { role: "assistant", content: 3.5 } },
  { type: 99 },
];

test("of bad input all that is good is stored, the rest is counted and told, and nothing ends", async () => {
  const home = temporaryFolder("home");
  const folder = join(home, ".claude", "projects", "-srv-shop");
  mkdirSync(folder, { recursive: true });
  const path = join(folder, "s1.jsonl");
  const changed = CHANGED_SCHEMAS.map((rest, n) => line(100 + n, "changed", rest));
  const bad = [
    "{ broken json\n",
    '{"type":"user","message":\n',
    '["no object"]\n',
    ...NO_SHAPE.map((rest, n) => line(200 + n, "x", rest)),
    `${"[".repeat(200_000)}\n`,
  ];
  writeFileSync(path, [line(1, "the lantern"), ...changed, ...bad].join(""));
  appendFileSync(path, Buffer.from([0, 159, 146, 150, 0, 255, 10]));
  appendFileSync(path, Buffer.alloc(100_000_000, "a"));
  appendFileSync(path, `\n${line(2, "the hinge")}`);

  const { call, reading } = await startServer({ home, before: withoutPrivilege });
  await expect
    .poll(async () => ((await call("search_history", { query: "hinge" })).hits as []).length, {
      timeout: 30_000,
    })
    .toBe(1);
  const counted = new Map((await reading()).skipped.map(({ reason, count }) => [reason, count]));
  expect(counted).toEqual(
    new Map([
      ["binary", 1],
      ["not JSON", 3],
      ["not an object", 1],
      ["too long", 1],
      ["unexpected shape", NO_SHAPE.length],
    ]),
  );
  expect(await call("system_health_check")).toMatchObject({
    store: { records: 2 + CHANGED_SCHEMAS.length },
  });
}, 90_000);

test("what may not be read is told, everything else is read, and it too once it may be", async () => {
  const home = temporaryFolder("home");
  const projects = join(home, ".claude", "projects");
  const open = join(projects, "-srv-open");
  const closed = join(projects, "-srv-closed");
  for (const folder of [open, closed]) mkdirSync(folder, { recursive: true });
  writeFileSync(join(open, "s1.jsonl"), line(1, "the lantern"));
  writeFileSync(join(open, "s2.jsonl"), line(2, "the hinge", { sessionId: "s2" }));
  writeFileSync(join(closed, "s3.jsonl"), line(3, "the gutter", { sessionId: "s3" }));
  chmodSync(closed, 0o000);
  chmodSync(join(open, "s2.jsonl"), 0o000);

  const env = { TRACKER_POLLING: "true" };
  const { call, reading } = await startServer({ home, before: withoutPrivilege, env });
  const records = async () => ((await call("system_health_check")).store as JsonObject).records;
  await expect.poll(records, { timeout: 30_000 }).toBe(1);
  const { problems } = await reading();
  expect(problems).toHaveLength(2);
  for (const about of [closed, join(open, "s2.jsonl")]) {
    expect(problems).toContainEqual(
      expect.objectContaining({
        kind: "not-permitted",
        message: expect.stringContaining(`${about} may not be read: give`),
      }),
    );
  }
  chmodSync(closed, 0o755);
  chmodSync(join(open, "s2.jsonl"), 0o644);
  await expect.poll(records, { timeout: 60_000 }).toBe(3);
  await expect.poll(async () => (await reading()).problems, { timeout: 30_000 }).toEqual([]);
}, 150_000);
