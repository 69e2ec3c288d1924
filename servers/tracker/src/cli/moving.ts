import { join, resolve } from "node:path";
import { createProgressBar } from "@trestle/cli";
import { EXIT, TrestleError } from "@trestle/protocol";
import { counted } from "../reports/clip.ts";
import { openRedisStore } from "../store/redis/open.ts";
import { shareSqliteStore } from "../store/sqlite/share.ts";
import type { TrackerStore } from "../store/tracker-store.ts";
import { exportToFile } from "../transfer/export-file.ts";
import { importFromFile } from "../transfer/import-file.ts";
import { migrate } from "../transfer/migrate.ts";
import { type Json, withJson } from "./options.ts";
import type { Place, TrackerCli } from "./place.ts";
import { isInSqlite } from "./setup.ts";
import { printJson } from "./show.ts";

/** The commands that carry all that is kept elsewhere. */
export function addMoving({ program, runs }: TrackerCli): void {
  withJson(
    program
      .command("export")
      .description("write all that is kept into a file of JSON lines")
      .argument("<file>", "is replaced once the new one is whole"),
  ).action(runs(exportAll));
  withJson(
    program
      .command("import")
      .description("add what an export holds to what is there")
      .argument("<file>", "as export wrote it, of SQLite or of Redis"),
  ).action(runs(importAll));
  withJson(
    program
      .command("migrate")
      .description("move all that is kept into another store that is empty, and compare both")
      .requiredOption("--to <store>", "redis://…, redis+cluster://… or a folder")
      .option("--to-prefix <text>", "what its keys in Redis begin with"),
  ).action(runs(moveAll));
}

/** Without reading or watching anything: nothing else is to be written meanwhile. */
async function quietStore(place: Place): Promise<TrackerStore> {
  const state = await place.open({ reading: false, health: false });
  await state.caughtUp();
  return state.store;
}

async function exportAll(place: Place, file: string, { json }: Json): Promise<number> {
  const store = await quietStore(place);
  const { process, signal } = place;
  const path = resolve(process.cwd(), file);
  const bar = createProgressBar(place.terminal, place.clock);
  const { records } = await store.stats();
  const done = await exportToFile(store, path, {
    onProgress(lines) {
      stopIf(signal);
      bar.show(counted(lines, "line"), share(lines, records));
    },
  });
  bar.clear();
  if (json) printJson(place, { path, ...done });
  else place.terminal.print(`Wrote ${counted(done.lines, "line")} to ${path}.`);
  return EXIT.ok;
}

async function importAll(place: Place, file: string, { json }: Json): Promise<number> {
  const store = await quietStore(place);
  const { process, signal } = place;
  const path = resolve(process.cwd(), file);
  const bar = createProgressBar(place.terminal, place.clock);
  const before = (await store.stats()).records;
  const { lines } = await importFromFile(store, path, {
    onProgress(count) {
      stopIf(signal);
      bar.show(counted(count, "line"));
    },
  });
  bar.clear();
  const records = (await store.stats()).records - before;
  if (json) printJson(place, { path, lines, records });
  else
    place.terminal.print(
      `Read ${counted(lines, "line")} of ${path}: ${counted(records, "record")} that were not there before.`,
    );
  return EXIT.ok;
}

interface MigrateOptions extends Json {
  readonly to: string;
  readonly toPrefix?: string;
}

async function moveAll(place: Place, { to, toPrefix, json }: MigrateOptions): Promise<number> {
  const { process, signal, clock, terminal, log, config, dataDir } = place;
  const isRedis = /^rediss?(?:\+cluster)?:\/\//.test(to);
  if (!isRedis && /^[a-z]+:\/\//i.test(to))
    throw new TrestleError(
      "invalid_input",
      `--to must be redis://…, redis+cluster://… or a folder, not ${to}.`,
    );
  const folder = resolve(process.cwd(), to);
  const prefix = toPrefix ?? config.redisPrefix;
  refuseSame(place, { isRedis, to, folder, prefix, own: config.dataDir ?? join(dataDir, "store") });
  const from = await quietStore(place);
  const into = isRedis
    ? await openRedisStore({ url: to, prefix })
    : shareSqliteStore({ folder, clock, log });
  const bar = createProgressBar(terminal, clock);
  try {
    const { records } = await from.stats();
    const { tally, wasThere } = await migrate(from, into, {
      now: clock.now,
      onProgress(phase, lines) {
        stopIf(signal);
        bar.show(`${phase} ${counted(lines, "line")}`, share(lines, records));
      },
    });
    bar.clear();
    if (json) printJson(place, { wasThere, tally });
    else terminal.print(toText(tally, { wasThere, isRedis, folder }));
    return EXIT.ok;
  } finally {
    bar.clear();
    await into.close();
  }
}

interface Target {
  readonly isRedis: boolean;
  readonly to: string;
  readonly folder: string;
  readonly prefix: string;
  readonly own: string;
}

function refuseSame(place: Place, { isRedis, to, folder, prefix, own }: Target): void {
  const { redisUrl, redisCluster, redisPrefix } = place.config;
  const isSame = isRedis
    ? redisUrl === to && redisCluster.length === 0 && prefix === redisPrefix
    : isInSqlite(place) && resolve(own) === folder;
  if (isSame)
    throw new TrestleError(
      "invalid_input",
      "That is where it is kept already: name another place.",
    );
}

function toText(
  tally: Readonly<Record<string, { readonly count: number } | undefined>>,
  { wasThere, isRedis, folder }: { wasThere: boolean; isRedis: boolean; folder: string },
): string {
  const counts = Object.entries(tally).map(([kind, each]) => `${kind} ${each?.count ?? 0}`);
  return [
    wasThere ? "All of it was there already." : "All of it is there now, and the same in both:",
    `  ${counts.join(", ")}`,
    "Nothing was taken out of the first. From now on it is used with",
    isRedis ? "  REDIS_URL=<that address>" : `  TRACKER_DATA_DIR=${folder}, and without REDIS_URL`,
  ].join("\n");
}

/** There are more lines than records: a full bar would not be the end. */
function share(lines: number, records: number): number {
  return Math.min(0.99, lines / (records * 1.2 + 10));
}

function stopIf(signal: AbortSignal): void {
  if (signal.aborted) throw new TrestleError("cancelled", "Stopped.");
}
