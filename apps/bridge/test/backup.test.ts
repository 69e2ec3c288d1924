import { hash } from "node:crypto";
import {
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type JsonObject, silentLogger, systemClock } from "@trestle/protocol";
import { temporaryFolder } from "@trestle/testkit/surroundings";
import { afterAll, beforeAll, expect, test } from "vitest";
import { restoreBackup } from "../src/backup/restore-backup.ts";
import { objectOf, objectsOf } from "../src/cli/data.ts";
import { startBridge } from "./_bridge.ts";
import { trestle } from "./_cli.ts";
import { type RestBridge, startRest } from "./_rest.ts";

let bridge: RestBridge;
let backup: string;
let key: string;
const call = { tool: "one.echo", arguments: { text: "a" } };

beforeAll(async () => {
  bridge = await startRest({}, {}, {});
  backup = join(bridge.home, "today");
  const made = await trestle(["keys", "create", "kept"], { home: bridge.home });
  key = made.stdout.trim();
  const status = async () => (await bridge.post("tool/call", call, { "x-api-key": key })).status;
  expect(await status()).toBe(200);
  // Calls go on while it is made.
  let isDone = false;
  const calling = (async () => {
    const statuses = new Set<number>();
    while (!isDone) statuses.add(await status());
    return statuses;
  })();
  const ran = await trestle(["backup", backup, "--json"], { home: bridge.home });
  isDone = true;
  expect([...(await calling)].filter((each) => each !== 200 && each !== 429)).toEqual([]);
  expect(ran).toMatchObject({ code: 0, stderr: "" });
  expect(JSON.parse(ran.stdout)).toMatchObject({ folder: backup, files: expect.any(Number) });
}, 60_000);
afterAll(async () => {
  await bridge.stop();
});

/** A copy of the backup, changed by somebody. */
function changed(change: (folder: string) => void): string {
  const folder = join(temporaryFolder(), "changed");
  cpSync(backup, folder, { recursive: true });
  change(folder);
  return folder;
}

test("a backup of a running bridge is whole, and its owner's alone", async () => {
  const files = readdirSync(backup, { recursive: true, withFileTypes: true });
  for (const file of files.filter((each) => each.isFile())) {
    expect(statSync(join(file.parentPath, file.name)).mode & 0o077).toBe(0);
  }
  expect(statSync(backup).mode & 0o077).toBe(0);
  expect(existsSync(join(backup, "config", "trestle.json"))).toBe(true);
  const names = files.map(({ name }) => name);
  expect(names).not.toContain("owner.lock");
  expect(names).not.toContain("bridge.log");
  const checked = await trestle(["backup", "--check", backup], { home: bridge.home });
  expect(checked).toMatchObject({ code: 0, stdout: expect.stringContaining("is whole") });
  const again = await trestle(["backup", backup], { home: bridge.home });
  expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining("there already") });
});

test("a restored home has the keys, the history and the audit log of then", async () => {
  const home = temporaryFolder();
  const config = readFileSync(join(backup, "config", "trestle.json"), "utf8");
  const ran = await trestle(["restore", backup, "--yes", "--json"], { home });
  expect(ran).toMatchObject({ code: 0, stderr: "" });
  expect(JSON.parse(ran.stdout)).not.toHaveProperty("before");
  const verified = await trestle(["audit", "verify"], { home });
  expect(verified.code).toBe(0);
  const next = await startBridge({ home, config: JSON.parse(config) });
  try {
    const rest = next.url.replace(/\/mcp$/, "/api/mcp");
    const asked = await fetch(`${rest}/history`, { headers: { "x-api-key": key } });
    const { data } = objectOf((await asked.json()) as JsonObject);
    expect(objectsOf(objectOf(data).executions).length).toBeGreaterThan(0);
    const admin = readFileSync(join(home, "admin.key"), "utf8").trim();
    expect(admin).toBe(readFileSync(join(bridge.home, "admin.key"), "utf8").trim());
    const headers = { authorization: `Bearer ${admin}` };
    const logged = await fetch(`${rest}/security/audit-logs?event=restored`, { headers });
    expect(
      objectsOf(objectOf(objectOf((await logged.json()) as JsonObject).data).entries),
    ).toHaveLength(1);
    const busy = await trestle(["restore", backup, "--yes"], { home });
    expect(busy).toMatchObject({ code: 69, stderr: expect.stringContaining("trestle stop") });
    expect(await trestle(["reset", "--yes"], { home })).toMatchObject({ code: 69 });
  } finally {
    await next.stop();
  }
});

test("what was there before a restore is kept", async () => {
  const home = temporaryFolder();
  const { stdout } = await trestle(["keys", "create", "before", "--json"], { home });
  const { id } = JSON.parse(stdout);
  writeFileSync(join(home, "notes.txt"), "somebody else's");
  const ran = await trestle(["restore", backup, "--yes", "--json"], { home });
  const { before } = JSON.parse(ran.stdout);
  const old = new DatabaseSync(join(before, "bridge", "keys.db"), { readOnly: true });
  expect(old.prepare("SELECT id FROM api_key").all()).toEqual([{ id }]);
  old.close();
  expect(readFileSync(join(home, "notes.txt"), "utf8")).toBe("somebody else's");
  const { keys } = JSON.parse((await trestle(["keys", "--json"], { home })).stdout);
  expect(objectsOf(keys).map(({ name }) => name)).toEqual(["kept"]);
});

test.each<[string, (folder: string) => void, string]>([
  ["a changed file", (folder) => writeFileSync(join(folder, "home/admin.key"), "x"), "was changed"],
  ["a missing file", (folder) => rmSync(join(folder, "home/bridge/keys.db")), "is missing"],
  [
    "a newer program",
    (folder) => edit(folder, (manifest) => ({ ...manifest, version: "999.0.0" })),
    "made by Trestle 999.0.0",
  ],
  [
    "a newer schema",
    (folder) =>
      edit(folder, ({ files, ...rest }) => ({ ...rest, files: newerKeys(files, folder) })),
    "schema version 99",
  ],
  [
    "a path that leads out",
    (folder) => edit(folder, (manifest) => ({ ...manifest, folders: ["../../elsewhere"] })),
    "damaged",
  ],
  ["no manifest", (folder) => rmSync(join(folder, "manifest.json")), "is no backup"],
])("a backup with %s is refused, and nothing is touched", async (_what, change, words) => {
  const home = temporaryFolder();
  writeFileSync(join(home, "admin.key"), "as it was");
  const parts = { home, version: "0.1.0", clock: systemClock, log: silentLogger };
  const restored = restoreBackup({ ...parts, folder: changed(change) });
  await expect(restored).rejects.toThrow(words);
  expect(readFileSync(join(home, "admin.key"), "utf8")).toBe("as it was");
  expect(readdirSync(home)).not.toContain(".restoring");
});

interface Written {
  readonly files: { path: string; schema?: number }[];
}

function edit(folder: string, change: (manifest: Written) => object): void {
  const path = join(folder, "manifest.json");
  writeFileSync(path, JSON.stringify(change(JSON.parse(readFileSync(path, "utf8")) as Written)));
}

function digest(file: string): { bytes: number; sha256: string } {
  const content = readFileSync(file);
  return { bytes: content.length, sha256: hash("sha256", content) };
}

/** As a program of tomorrow would have written it. */
function newerKeys(files: Written["files"], folder: string): object[] {
  const file = join(folder, "home/bridge/keys.db");
  const database = new DatabaseSync(file);
  database.exec("PRAGMA user_version = 99");
  database.close();
  return files.map((each) =>
    each.path === "bridge/keys.db" ? { ...each, ...digest(file), schema: 99 } : each,
  );
}

test("reset asks, keeps a backup, and leaves what is not ours", async () => {
  const home = temporaryFolder();
  await trestle(["keys", "create", "before"], { home });
  writeFileSync(join(home, "notes.txt"), "somebody else's");
  const unasked = await trestle(["reset"], { home });
  expect(unasked).toMatchObject({ code: 2, stderr: expect.stringContaining("--yes") });
  const ran = await trestle(["reset", "--yes", "--json"], { home });
  const { removed, backup: kept } = JSON.parse(ran.stdout);
  expect(removed).toEqual(["admin.key", "bridge"]);
  expect(readdirSync(home).sort()).toEqual(["backups", "bridge", "notes.txt"]);
  const { keys } = JSON.parse((await trestle(["keys", "--json"], { home })).stdout);
  expect(keys).toEqual([]);
  expect(await trestle(["restore", kept, "--yes"], { home })).toMatchObject({ code: 0 });
  const restored = JSON.parse((await trestle(["keys", "--json"], { home })).stdout);
  expect(objectsOf(restored.keys)).toHaveLength(1);
});

test("the embedded database comes back with its rows, from under a running bridge", async () => {
  const home = temporaryFolder();
  const running = await startBridge({
    home,
    config: { mcpServers: { database: { embedded: "database", env: { DATABASE_MODE: "admin" } } } },
  });
  const sql = (text: string, where = home) =>
    trestle(["call", "database.run_sql", `sql=${text}`], { home: where });
  try {
    const table = await sql("create table kept as select 42 as answer");
    expect(table.code).toBe(0);
    const folder = join(temporaryFolder(), "with-database");
    expect(await trestle(["backup", folder], { home })).toMatchObject({ code: 0 });
    const other = temporaryFolder();
    expect(await trestle(["restore", folder, "--yes"], { home: other })).toMatchObject({ code: 0 });
    expect((await sql("select answer from kept", other)).stdout).toContain("42");
  } finally {
    await running.stop();
  }
});
