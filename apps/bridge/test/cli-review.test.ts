import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { objectsOf } from "../src/cli/data.ts";
import { type Ran, trestle } from "./_cli.ts";
import { type RestBridge, startRest } from "./_rest.ts";

let bridge: RestBridge;
beforeAll(async () => {
  const rule = { kind: "review", message: "Was it paid?" };
  bridge = await startRest({}, {}, { policy: { tools: { write: { fallback: [rule] } } } });
}, 60_000);
afterAll(async () => {
  await bridge.stop();
});

const run = (...args: string[]): Promise<Ran> => trestle(args, { home: bridge.home });

test("a failed write waits for a person, who edits it on the command line or rejects it", async () => {
  for (const key of ["first", "second"]) {
    // Longer than it may take, so that nobody knows whether it was done.
    const call = { tool: "one.write", arguments: { key, beforeMs: 30_000 }, timeout: 0.3 };
    await bridge.post("tool/call", call);
  }
  const listed = await run("review", "list");
  expect(listed.stdout).toMatch(/waiting +one\.write .*Was it paid\?/);
  const items = objectsOf(JSON.parse((await run("review", "list", "--json")).stdout).items);
  const [second, first] = items.map(({ id }) => String(id));
  expect(items).toHaveLength(2);

  const shown = await run("review", "show", String(first));
  expect(shown.stdout).toContain('{"key":"first","beforeMs":30000}');
  const edited = await run("review", "edit", String(first), "beforeMs=0", "key=edited");
  expect(edited).toMatchObject({ code: 0, stdout: expect.stringContaining("one.write ran") });
  expect(readFileSync(join(bridge.home, "effects"), "utf8")).toContain("edited\n");
  const again = await run("review", "approve", String(first));
  expect([again.code, again.stdout]).toEqual([1, ""]);

  const rejected = await run("review", "reject", String(second), "--reason", "it was paid");
  expect(rejected).toMatchObject({ code: 0, stdout: expect.stringContaining("will not run") });
  expect((await run("review", "list")).stdout).toBe("Nothing waits for a person.\n");
  expect((await run("review", "list", "--state", "rejected")).stdout).toContain("rejected");
});
