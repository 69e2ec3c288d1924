import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, relative } from "node:path";
import { createRedact } from "@trestle/policy";
import { type JsonObject, silentLogger, systemClock } from "@trestle/protocol";
import { bytesInUse, openSqlite } from "@trestle/store";
import { manualClock, temporaryFolder, until } from "@trestle/testkit/surroundings";
import { describe, expect, onTestFinished, test } from "vitest";
import { storeSchema } from "../src/config/store-schema.ts";
import { partOf } from "../src/disk/measure.ts";
import { DISK_PARTS } from "../src/disk/parts.ts";
import { watchDisk } from "../src/disk/watch.ts";
import { openLogFile } from "../src/log-file.ts";
import { diskReasons } from "../src/operations/disk-health.ts";
import { rowOf } from "../src/state/_rows.ts";
import { openRecords } from "../src/state/records.ts";
import { historyMigrations } from "../src/state/schema.ts";
import { keyOf, startCore } from "./_core.ts";
import { createPlace } from "./_place.ts";

const MEGABYTE = 1024 * 1024;
const { quotas } = storeSchema.parse({});

/** A file of a part, as large as it may be and one byte more. */
const EXAMPLES: Readonly<Record<string, string>> = {
  history: "bridge/history.db",
  audit: "bridge/audit/000000000001.jsonl",
  review: "bridge/review.db",
  webhooks: "bridge/webhooks.db",
  log: "bridge/bridge.log.1",
  access: "bridge/keys.db",
  changes: "bridge/backups/2026-01-01T00-00-00-000Z-0-trestle.json",
  bridge: "bridge/catalog/one.lists",
  compiled: "compiled/v24/one",
  database: "database/pg/base/1",
  tracker: "tracker/tracker.db",
  orchestrator: "orchestrator/workflows.db",
  objects: "objects/objects.db",
  knowledge: "r2-knowledge/records/one",
  backups: "backups/2026/bridge/history.db",
};

function fill(home: string, path: string, bytes: number): void {
  const file = join(home, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, "");
  truncateSync(file, bytes);
}

describe("the quotas of a home", () => {
  test.for(DISK_PARTS.map(({ name }) => name))("%s: what is too much is seen", async (name) => {
    const home = temporaryFolder();
    const disk = watchDisk({ home, quotas, clock: manualClock(), log: silentLogger });
    fill(home, String(EXAMPLES[name]), quotas[name] * MEGABYTE + 1);
    const uses = await disk.measure();
    expect(uses.filter(({ bytes, quota }) => bytes > quota).map((use) => use.name)).toEqual([name]);
    const part = DISK_PARTS.find((each) => each.name === name);
    const told = part?.atQuota === "told" ? [expect.stringMatching(`^${name} takes .* MB of`)] : [];
    expect(diskReasons(disk)).toEqual(told);
  });

  test("cover every file of a bridge with all its servers", async () => {
    const place = createPlace();
    const mcpServers = Object.fromEntries(
      ["database", "tracker", "orchestrator", "objects", "knowledge"].map((name) => [
        name,
        { embedded: name },
      ]),
    );
    const { call, ask, bridge } = await startCore({ mcpServers } as JsonObject, place);
    const calls: readonly [string, JsonObject][] = [
      ["database__list_tables", {}],
      ["tracker__list_tasks", {}],
      ["orchestrator__list_workflows", {}],
      ["objects__object_list", {}],
      ["knowledge__list_knowledge", {}],
    ];
    await bridge.settled();
    await Promise.all(calls.map(([name, args]) => call(name, args).catch(() => {})));
    await ask("key_create", { name: "one" }, { principal: { id: "admin", kind: "admin" } });
    const strays = filesBelow(place.home).filter((path) => partOf(path) === undefined);
    expect(strays).toEqual([]);
    const { checks } = await ask("doctor");
    expect(checks).toContainEqual(expect.objectContaining({ name: "quotas", status: "ok" }));
    const { disk } = (await ask("health")) as { disk: JsonObject[] };
    expect(disk.map(({ part }) => part).toSorted()).toEqual(Object.keys(quotas).toSorted());
    expect((await ask("health", {}, keyOf("k", ["one:*"]))).disk).toBeDefined();
  }, 60_000);
});

function filesBelow(home: string): string[] {
  return readdirSync(home, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(home, join(entry.parentPath, entry.name)));
}

test("the page on operations tells of each part what it may take", () => {
  const page = readFileSync(new URL("../../../docs/operations.md", import.meta.url), "utf8");
  const rows = [...page.matchAll(/^\| `(\w+)` \| .* \| (\d+) \| .* \|$/gm)];
  const told = rows.map(([, name, quota]) => [name, Number(quota)]);
  expect(Object.fromEntries(told)).toEqual(quotas);
});

test("the oldest calls make room in the history, those that run stay", async () => {
  const file = join(temporaryFolder(), "history.db");
  const options = { maxRows: 1_000_000, maxBytes: 1_500_000, clock: systemClock };
  const records = await openRecords({ ...options, file, redact: createRedact() });
  await records.history.started(rowOf({ executionId: "runs", readOnly: false }));
  for (let index = 0; index < 4_000; index += 1) {
    records.history.finished(
      rowOf({ executionId: `e${index}`, arguments: { text: "x".repeat(900) } }),
    );
    if (index % 100 === 99) await records.history.newest({ limit: 1 });
  }
  const { executions } = await records.history.list({ limit: 10_000 });
  expect(executions.length).toBeGreaterThan(500);
  expect(executions.length).toBeLessThan(2_500);
  expect(executions[0]?.executionId).toBe("e3999");
  expect((await records.history.get("runs"))?.execution.outcome).toBe("started");
  await records.close();
  const sqlite = await openSqlite({ file, migrations: historyMigrations });
  onTestFinished(() => sqlite.close());
  expect(bytesInUse(sqlite)).toBeLessThan(options.maxBytes * 1.2);
});

test("of a configuration that is changed often the last hundred copies stay", async () => {
  const { ask, place } = await startCore({ mcpServers: {} } as JsonObject);
  const admin = { principal: { id: "admin", kind: "admin" } } as const;
  const set = (value: number) => ask("config_set", { key: "catalog.startWaitMs", value }, admin);
  await set(20_007);
  const folder = join(place.home, "bridge", "backups");
  const [name = ""] = readdirSync(folder);
  const ending = name.slice("2026-01-01T00-00-00-000Z".length);
  for (let index = 0; index < 120; index += 1) {
    const time = new Date(index * 1_000).toISOString().replaceAll(/[:.]/g, "-");
    writeFileSync(join(folder, `${time}${ending}`), "old");
  }
  writeFileSync(join(folder, "1970-01-01T00-00-00-000Z-0a0a0a0a-claude.json"), "of a host");
  await set(20_008);
  const names = readdirSync(folder).toSorted();
  expect(names).toHaveLength(101);
  expect(names[0]).toContain("claude.json");
  expect(names).toContain(name);
}, 60_000);

test("a log that grows too long is set aside while it is written", async () => {
  const file = join(temporaryFolder(), "bridge.log");
  const log = openLogFile(file, 10_000);
  const textOf = (path: string) => (existsSync(path) ? readFileSync(path, "utf8") : "");
  // A burst is written as a whole before anything can be set aside.
  for (let burst = 0; burst < 50; burst += 1) {
    log.write(`${"x".repeat(999)}\n`.repeat(2));
    log.write(`burst ${burst}.\n`);
    await until("it is written", () =>
      `${textOf(`${file}.1`)}${textOf(file)}`.includes(`burst ${burst}.`),
    );
    expect(textOf(file).length).toBeLessThanOrEqual(13_000);
  }
  const [aside, now] = [textOf(`${file}.1`), textOf(file)];
  expect(aside.length).toBeGreaterThan(9_000);
  expect(aside.length).toBeLessThanOrEqual(13_000);
  const bursts = [...`${aside}${now}`.matchAll(/burst (\d+)\./g)].map(([, number]) =>
    Number(number),
  );
  expect(bursts).toEqual(Array.from(bursts, (_, index) => 50 - bursts.length + index));
});
