import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile, rename } from "node:fs/promises";
import { dirname, join } from "node:path";
import { programOf } from "@trestle/testkit/run";
import { nodeEnvironment, temporaryFolder } from "@trestle/testkit/surroundings";
import { expect, test } from "vitest";
import { mountServer } from "./_call.ts";
import { sealedHome } from "./_sealed-home.ts";

const bin = await programOf(new URL("../src/bin.ts", import.meta.url));

/** The real program on a data folder; `whileRunning` may kill it. */
async function run(
  dataDir: string,
  words: readonly string[],
  { env = {}, whileRunning = async (_: () => void) => {} } = {},
) {
  const child = spawn(process.execPath, [bin, ...words], {
    cwd: temporaryFolder(),
    env: {
      ...nodeEnvironment(),
      ...{ KNOWLEDGE_SEAL: "true", TRESTLE_HOME: dirname(dataDir), ...env },
    },
  });
  let [out, error] = ["", ""];
  child.stdout.on("data", (data) => (out += data));
  child.stderr.on("data", (data) => (error += data));
  const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
  await whileRunning(() => child.kill("SIGKILL"));
  return { code: await ended, out, error };
}

/** The home in which the program finds that data folder. */
async function homeOf(dataDir: string): Promise<string> {
  const path = join(temporaryFolder("home"), "r2-knowledge");
  await rename(dataDir, path);
  return path;
}

test("a rotation that is killed goes on where it was, and all is readable at any time", async () => {
  const dataDir = await homeOf(await sealedHome(300));
  const progress = join(dataDir, "keys", "rewrap.json");
  const before = await run(dataDir, ["keys", "status", "--scan", "--json"]);
  const { active: old, keys } = JSON.parse(before.out);
  expect(keys).toEqual([{ id: old, objects: expect.any(Number), isHere: true }]);

  let kills = 0;
  for (let seen = ""; kills < 3; kills += 1) {
    const words = kills === 0 ? ["keys", "rotate", "--yes"] : ["keys", "rewrap"];
    const { code } = await run(dataDir, words, {
      async whileRunning(kill) {
        await expect
          .poll(() => readFile(progress, "utf8").catch(() => seen), {
            timeout: 60_000,
            interval: 1,
          })
          .not.toBe(seen);
        kill();
        seen = await readFile(progress, "utf8").catch(() => "");
      },
    });
    if (code === 0) break;
  }
  expect(kills).toBeGreaterThan(0);
  if (existsSync(progress)) {
    const told = await run(dataDir, ["keys", "status"]);
    expect(told.error).toContain("keys rewrap goes on");
    const { call, instance } = mountServer({ KNOWLEDGE_SEAL: "true" }, { dataDir });
    const found = await call("search_knowledge", { query: "pump failed", limit: 50 });
    expect(found.structuredContent).toMatchObject({ total: 300 });
    expect((await call("export_knowledge", {})).content[0]?.text).toContain("replace valve 299");
    await instance.close();
  }
  const last = await run(dataDir, ["keys", "rewrap"]);
  expect(last).toMatchObject({ code: 0, out: expect.stringMatching(/wraps \d+ objects anew/) });
  const after = JSON.parse((await run(dataDir, ["keys", "status", "--scan", "--json"])).out);
  expect(after.keys).toEqual([{ id: after.active, objects: expect.any(Number), isHere: true }]);
  expect(after.active).not.toBe(old);
  const { call } = mountServer({ KNOWLEDGE_SEAL: "true" }, { dataDir });
  expect((await call("verify_backups", {})).structuredContent).toMatchObject({ ok: true });
  const { structuredContent: log } = await call("verify_audit_log", {});
  expect(log).toMatchObject({ ok: true });
}, 300_000);

test("a missing key is told with its id, and nothing is lost by trying; with it, all goes on", async () => {
  const [first, second] = ["a".repeat(64), "b".repeat(64)];
  const dataDir = await homeOf(await sealedHome(5, { MCP_ENCRYPTION_KEY: first }));
  const wrong = { env: { MCP_ENCRYPTION_KEY: second } };
  const lost = await run(dataDir, ["keys", "rewrap"], wrong);
  expect(lost.code).toBe(1);
  expect(lost.error).toMatch(/was sealed with the key \S{8}, which is not among the keys here/);
  expect(lost.out).toContain("no older key may be taken away");
  expect((await run(dataDir, ["keys", "status", "--scan"], wrong)).out).toMatch(/missing/);
  expect((await run(dataDir, ["keys", "rotate", "--yes"], wrong)).error).toMatch(
    /given by MCP_ENCRYPTION_KEY. Put a new one in front/,
  );
  const both = { env: { MCP_ENCRYPTION_KEY: `${second},${first}` } };
  expect((await run(dataDir, ["keys", "rewrap"], both)).code).toBe(0);
  const listed = await run(dataDir, ["list", "--json"], wrong);
  expect(listed.out).toContain("pump 4 failed");
  const open = await run(dataDir, ["keys", "status"], { env: { KNOWLEDGE_SEAL: "false" } });
  expect(open.error).toContain("KNOWLEDGE_SEAL is not set");
}, 300_000);
