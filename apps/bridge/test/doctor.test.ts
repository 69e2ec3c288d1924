import { chmodSync } from "node:fs";
import { join } from "node:path";
import type { JsonObject } from "@trestle/protocol";
import { afterEach, expect, test } from "vitest";
import { POLICY_ORDER } from "../src/pipeline.ts";
import { type Ran, trestle } from "./_cli.ts";
import { type RestBridge, startRest } from "./_rest.ts";

let bridge: RestBridge | undefined;
afterEach(async () => {
  await bridge?.stop();
});

const DATABASE = { embedded: "database" };

async function doctorOf(mcpServers: JsonObject): Promise<{ words: Ran; said: JsonObject }> {
  bridge = await startRest({ mcpServers });
  const where = { home: bridge.home };
  const words = await trestle(["doctor"], where);
  const json = await trestle(["doctor", "--json"], where);
  expect(json.code).toBe(words.code);
  const said = JSON.parse(json.stdout);
  // As one line, however it was wrapped.
  return { words: { ...words, stdout: words.stdout.replace(/\s+/g, " ") }, said };
}

test("where all is well it says so, and in which order calls pass the policies", async () => {
  const { words, said } = await doctorOf({ db: DATABASE });
  expect(said.status).toBe("ok");
  expect(words.code).toBe(0);
  expect(words.stdout).toContain(POLICY_ORDER.join(" → "));
  expect(words.stdout).toMatch(/Nothing is wrong\. $/);
});

test("a warning says what to do and fails nothing", async () => {
  const { words, said } = await doctorOf({ db: { ...DATABASE, concurency: 3 } });
  expect(said.status).toBe("warn");
  expect(words.code).toBe(0);
  expect(words.stdout).toMatch(
    /warn config .*unknown key "concurency" is ignored .*→ Mend the entry/,
  );
  expect(words.stdout).toMatch(/Nothing is wrong; 1 warning\. $/);
});

test("a check that failed says what to do, and the exit code tells", async () => {
  const { words, said } = await doctorOf({ db: DATABASE, gone: { command: "no-such-program" } });
  expect(said.status).toBe("fail");
  expect(words.code).toBe(1);
  expect(words.stdout).toMatch(/FAIL servers gone: .*→ Run its command by hand/);
  expect(words.stdout).toMatch(/1 of \d+ checks failed, 0 warnings\. $/);
});

test("every check that is not well says the one next step", async () => {
  bridge = await startRest({ mcpServers: { db: DATABASE, x: { comand: "y" } } });
  chmodSync(join(bridge.home, "bridge"), 0o755);
  const { stdout } = await trestle(["doctor", "--json"], { home: bridge.home });
  const { checks } = JSON.parse(stdout) as { checks: JsonObject[] };
  const unwell = checks.filter(({ status }) => status !== "ok");
  expect(unwell.map(({ name, status }) => [name, status])).toEqual([
    ["config", "fail"],
    ["home", "warn"],
  ]);
  expect(unwell.map(({ next }) => next)).toEqual([
    expect.stringContaining("Mend the entry"),
    expect.stringContaining("chmod 700"),
  ]);
});
