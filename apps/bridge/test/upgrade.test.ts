import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { historyMigrations } from "../src/state/schema.ts";
import { startCore } from "./_core.ts";
import { createPlace, type Place, run, serve, start } from "./_place.ts";
import { until } from "./_processes.ts";

const OTHER = fileURLToPath(new URL("./fixtures/other-version.ts", import.meta.url));
const OLD_SCHEMA = 5;

interface Other {
  /** Processes that joined it. */
  joined(): number;
  end(): Promise<void>;
}

/** Another version of the program has the folder, until it is ended. */
async function startOther(folder: string, talks: number): Promise<Other> {
  const child = spawn(process.execPath, [OTHER, folder, String(talks)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "close");
  const end = async () => {
    child.kill("SIGKILL");
    await ended;
  };
  onTestFinished(end);
  let said = "";
  child.stdout.on("data", (chunk) => {
    said += String(chunk);
  });
  await until("it owns the folder", () => said.startsWith("owner\n"));
  return { joined: () => said.split("joined\n").length - 1, end };
}

/** A history as an earlier version wrote it. */
function writeOldHistory({ home }: Place): string {
  const file = join(home, "bridge", "history.db");
  mkdirSync(dirname(file), { recursive: true });
  const database = new DatabaseSync(file);
  for (const { sql } of historyMigrations.slice(0, OLD_SCHEMA)) database.exec(sql);
  database.exec(`PRAGMA user_version = ${OLD_SCHEMA};
    INSERT INTO executions (execution_id, server, tool, principal, read_only, arguments, outcome, started_at)
    VALUES ('old', 'one', 'read', 'local', 1, '{}', 'success', 1)`);
  database.close();
  return file;
}

function schemaOf(file: string): number {
  const database = new DatabaseSync(file, { readOnly: true, timeout: 5_000 });
  const [row] = database.prepare("PRAGMA user_version").all();
  database.close();
  return Number(row?.user_version);
}

function setSchema(file: string, version: number): void {
  const database = new DatabaseSync(file);
  database.exec(`PRAGMA user_version = ${version}`);
  database.close();
}

/** What lies in a folder, without what says only who has it. */
function contentsOf(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true });
  const files = names
    .filter((entry) => entry.isFile() && !/^owner\.|\.log|-shm$|-wal$|^checked/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
  const digestOf = (file: string) => createHash("sha256").update(readFileSync(file)).digest("hex");
  return Object.fromEntries(files.map((file) => [file, digestOf(file)]));
}

describe("a home whose bridge is of another version", { timeout: 60_000 }, () => {
  test("is joined, and migrated only once that one has ended", async () => {
    const place = createPlace({ mcpServers: {} });
    const file = writeOldHistory(place);
    const older = await startOther(join(place.home, "bridge"), 1);
    const asked = await run(place, ["history"]);
    expect(asked.code).not.toBe(0);
    expect(asked.stderr).toMatch(/is version 0\.0\.1, and this is \d.*trestle stop/);
    const relay = start(place, ["serve", "--stdio"]);
    await until("it has joined", () => older.joined() === 2);
    expect(schemaOf(file)).toBe(OLD_SCHEMA);
    await older.end();
    await until(
      "the next owner has migrated it",
      () => schemaOf(file) === historyMigrations.length,
    );
    expect(schemaOf(`${file}.v${OLD_SCHEMA}.bak`)).toBe(OLD_SCHEMA);
    const after = await run(place, ["history", "--json"]);
    expect(JSON.parse(after.stdout).executions).toMatchObject([{ execution_id: "old" }]);
    relay.process.stdin.end();
    expect(await relay.ended).toBe(0);
  });

  test("is left alone where the two do not understand each other, which is said", async () => {
    const place = createPlace({ mcpServers: {} });
    const file = writeOldHistory(place);
    const folder = join(place.home, "bridge");
    const newer = await startOther(folder, 2);
    const before = contentsOf(folder);
    for (const words of [["serve", "--port", "0"], ["serve", "--stdio"], ["history"], ["status"]]) {
      const { code, stderr } = await run(place, words);
      expect(code).not.toBe(0);
      expect(stderr).toMatch(/is owned by process \d+ of a newer version, which this one does not/);
      expect(stderr.trim().split("\n")).toHaveLength(1);
    }
    expect(contentsOf(folder)).toEqual(before);
    await newer.end();
    await serve(place);
    expect(schemaOf(file)).toBe(historyMigrations.length);
  });

  test.for(["history.db", "keys.db", "review.db"])(
    "that left a newer %s is refused with a sentence, and nothing is touched",
    async (name) => {
      const place = createPlace({ mcpServers: {} });
      const folder = join(place.home, "bridge");
      writeOldHistory(place);
      const newer = new DatabaseSync(join(folder, name));
      newer.exec(
        "CREATE TABLE IF NOT EXISTS things_to_come (id INTEGER); PRAGMA user_version = 99",
      );
      newer.close();
      const before = contentsOf(folder);
      for (const words of [["serve", "--port", "0"], ["history"]]) {
        const { code, stderr } = await run(place, words);
        expect(code).not.toBe(0);
        expect(stderr).toContain(
          `${name} has schema version 99, and this program knows only up to`,
        );
        expect(stderr).toContain("Upgrade this program");
      }
      expect(contentsOf(folder)).toEqual(before);
    },
  );
});

const STORES = [
  ["tracker", "store/tracker.db", "tracker__get_unfinished_tasks", {}],
  ["orchestrator", "workflows.db", "orchestrator__list_executions", {}],
  ["orchestrator", "automation.db", "orchestrator__list_schedules", {}],
  ["orchestrator", "swarms.db", "orchestrator__list_swarms", {}],
  ["objects", "objects.db", "objects__object_list", {}],
] as const;

describe("the store of a server", { timeout: 60_000 }, () => {
  const configOf = (name: string) => ({
    mcpServers: { [name]: { embedded: name, env: { TRESTLE_PROFILE: "all" } } },
  });

  test.for(STORES)("%s: %s of a newer version is refused and left as it is", async (store) => {
    const [server, name, tool, args] = store;
    const place = createPlace();
    const first = await startCore(configOf(server), place);
    await first.call(tool, args).catch(() => {});
    await first.bridge.close();
    const file = join(place.home, server, name);
    mkdirSync(dirname(file), { recursive: true });
    setSchema(file, 99);
    const before = contentsOf(join(place.home, server));
    const { call } = await startCore(configOf(server), place);
    const said = JSON.stringify(await call(tool, args).catch((error: Error) => error.message));
    expect(said).toContain(`${name} has schema version 99`);
    expect(contentsOf(join(place.home, server))).toEqual(before);
  });

  test.for(["tracker", "orchestrator", "objects", "database"])(
    "%s: a folder of a process that is not understood is left alone, which is said",
    async (server) => {
      const place = createPlace();
      const folder = join(place.home, server === "tracker" ? "tracker/store" : server);
      mkdirSync(folder, { recursive: true });
      await startOther(folder, 2);
      const before = contentsOf(folder);
      const { call, ask } = await startCore(configOf(server), place);
      const found = STORES.find(([name]) => name === server);
      const tool = found ? found[2] : "database__list_tables";
      const answer = await call(tool).catch((error: Error) => error.message);
      // One whose lists cannot be read has no tools yet: then health says why.
      const said = JSON.stringify([answer, (await ask("health")).reasons]);
      expect(said).toMatch(/is owned by process \d+ of a newer version/);
      expect(contentsOf(folder)).toEqual(before);
    },
  );
});
