import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Attacked, attackedBridge, countsEachRefusal } from "./_attacked.ts";

/** Refusals without end: from one caller, and from ever other ones. */
const attacked = attackedBridge();
const TURNS = 25;
const AT_ONCE = 24;

type Pair = readonly [string, string];

/** One of each way to be refused, from an address that nobody had before. */
function refused(it: Attacked, turn: number) {
  const host: Pair = ["Host", `127.0.0.1:${it.port}`];
  const path = "/api/mcp/history";
  const from: Pair = ["X-Forwarded-For", `2001:db8:${turn.toString(16)}::1`];
  const wrong: Pair = ["X-API-Key", `wrong ${turn}`];
  return [
    it.raw({ path, headers: [host, from] }),
    it.raw({ path, headers: [host, from, wrong] }),
    it.raw({ path, headers: [["Host", `${"a".repeat(2_000)}.example`], from] }),
    it.raw({
      path: `/api/mcp/history/${turn}`,
      headers: [host, from, ["X-API-Key", it.keys.narrow]],
    }),
  ];
}

function bytesOfLog({ bridge }: Attacked): number {
  const folder = join(bridge.home, "bridge", "audit");
  const files = readdirSync(folder).filter((name) => name.endsWith(".jsonl"));
  return files.reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
}

test("a flood of them makes a short log, and others are served meanwhile", async () => {
  const it = attacked();
  for (let turn = 0; turn < TURNS; turn += 1) {
    const flood = Array.from({ length: AT_ONCE / 4 }, (_, n) => refused(it, turn * 100 + n)).flat();
    const served = it.rest("other", "tool/call", { body: { tool: "one.echo" } });
    const verdicts = await Promise.all(flood);
    expect(verdicts.filter(({ status }) => status < 400)).toEqual([]);
    expect((await served).status).toBe(200);
  }
  // Fifty entries of the window, and those of the keys that were made before.
  expect(bytesOfLog(it)).toBeLessThan(64 * 1024);
});

countsEachRefusal(
  attacked,
  Array(TURNS * (AT_ONCE / 4)).fill({ row: { event: "request_refused" } }),
);
