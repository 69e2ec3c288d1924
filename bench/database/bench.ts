import { cpus } from "node:os";
import process from "node:process";
import { describeVariant } from "../gateway/installation.ts";
import { showInterval } from "../gateway/statistics.ts";
import { type Report, type Row, writeResult } from "../measure.ts";
import { variant } from "./command.ts";
import { type EmbeddedResult, measureEmbedded } from "./embedded.ts";
import { measureOverhead, type OverheadResult } from "./overhead.ts";
import { OURS } from "./peer-list.ts";
import { measurePeers, type PeerResult } from "./peers.ts";
import { type BenchDatabase, createDatabase } from "./postgres.ts";
import { readSettings, type Settings } from "./settings.ts";
import { measureTransfers, type TransferResult } from "./transfer.ts";

interface Results {
  readonly overhead: readonly OverheadResult[];
  readonly transfers: readonly TransferResult[];
  readonly embedded: readonly EmbeddedResult[];
  readonly peers: readonly PeerResult[];
  /** What was not measured, in sentences. */
  readonly skipped: readonly string[];
}

const MOST = {
  /** `run_sql` against a transaction of the bare driver. */
  ratio: 2,
  extraTrips: 2,
  /** How much more a transfer may hold in its last quarter than before, in MB: room for a collector. */
  growth: 40,
};

/** What the database server costs over its driver, and what it holds while it carries many rows. */
export async function benchDatabase(): Promise<Report> {
  const settings = readSettings();
  const results = await measureAll(settings);
  const failures = judge(results);
  const { serverUrl: _, ...told } = settings;
  writeResult("database", {
    node: process.version,
    cpus: cpus().length,
    ...told,
    ...results,
    failures,
  });
  return report(settings, results, failures);
}

async function measureAll(settings: Settings): Promise<Results> {
  const { parts } = settings;
  const skipped: string[] = [];
  const embedded = parts.includes("embedded") ? await measureEmbedded(settings) : [];
  const database = await createDatabase(settings.serverUrl);
  if (database === undefined) {
    skipped.push("No Postgres was reached: DATABASE_URL names one whose role may make databases.");
    return { overhead: [], transfers: [], embedded, peers: [], skipped };
  }
  try {
    const overhead = parts.includes("overhead")
      ? await measureOverhead(database.url, settings)
      : [];
    const peers = parts.includes("peers") ? await peersOf(database, settings, skipped) : [];
    const transfers = parts.includes("transfer") ? await measureTransfers(database, settings) : [];
    return { overhead, transfers, embedded, peers, skipped };
  } finally {
    await database.drop();
  }
}

async function peersOf(
  database: BenchDatabase,
  settings: Settings,
  skipped: string[],
): Promise<readonly PeerResult[]> {
  const measured = await measurePeers(database, settings);
  skipped.push(...measured.skipped);
  return measured.results;
}

function judge({ overhead: [bare, inside], transfers, peers }: Results): string[] {
  const failures: string[] = [];
  if (bare && inside) {
    const extra = inside.trips - bare.trips;
    if (extra > MOST.extraTrips + 0.05)
      failures.push(
        `run_sql makes ${extra.toFixed(2)} more round trips, at most ${MOST.extraTrips}.`,
      );
    if (inside.ratio.low > MOST.ratio)
      failures.push(
        `run_sql takes ${showInterval(inside.ratio)} times the bare driver, at most ${MOST.ratio}.`,
      );
  }
  const ours = Object.entries(peers.find(({ name }) => name === OURS)?.writes ?? {});
  for (const [what, outcome] of ours)
    if (outcome !== "refused")
      failures.push(`${what} is ${outcome} where only reading is allowed.`);
  for (const { what, quarters } of transfers) {
    // In the first quarter the parser of SQL is compiled, which takes hundreds for a moment.
    const [, second = 0, third = 0, fourth = 0] = quarters;
    const growth = fourth - Math.max(second, third);
    if (growth > MOST.growth) failures.push(`${what}: memory grew by ${growth.toFixed(0)} MB.`);
  }
  return failures;
}

function report(settings: Settings, results: Results, failures: readonly string[]): Report {
  const { rounds, calls, starts, rows } = settings;
  const tables = [
    {
      title: `One statement, ${rounds} rounds of ${calls} by turns; medians and ratios of the same round with 95 % interval`,
      rows: results.overhead.map(overheadRow),
    },
    {
      title: `${rows} rows, each way by a process of its own`,
      rows: results.transfers.map(transferRow),
    },
    {
      title: `The embedded database; ${starts} starts of each sort`,
      rows: results.embedded.map(embeddedRow),
    },
    {
      title: "Other servers, over stdio, by turns, where they may only read",
      rows: results.peers.map(peerRow),
    },
    { title: "Not measured", rows: results.skipped.map((why) => ({ why })) },
  ];
  return {
    heading: `Server: ${describeVariant(variant)}. Node ${process.version}, ${cpus().length} processors.`,
    tables: tables.filter(({ rows: lines }) => lines.length > 0),
    failures,
  };
}

function overheadRow({ what, p50, p99, trips, ratio }: OverheadResult): Row {
  return {
    what,
    "p50 ms": showInterval(p50, 3),
    "p99 ms": showInterval(p99, 2),
    "round trips": trips.toFixed(2),
    "× bare": showInterval(ratio),
  };
}

function transferRow({ what, rows, megabytes, seconds, quarters, peak }: TransferResult): Row {
  return {
    what,
    seconds: seconds.toFixed(1),
    "rows/s": Math.round(rows / seconds),
    "file MB": megabytes.toFixed(0),
    "resident MB by quarter": quarters.map((each) => each.toFixed(0)).join(" · "),
    "peak MB": peak.toFixed(0),
  };
}

function embeddedRow({ what, ms, cpu, megabytes, peak }: EmbeddedResult): Row {
  return {
    what,
    ms: showInterval(ms, 0),
    "processor ms": cpu ? showInterval(cpu, 0) : "",
    "resident MB": megabytes ? showInterval(megabytes, 0) : "",
    "peak MB": showInterval(peak, 0),
  };
}

function peerRow({
  name,
  startMs,
  tools,
  listTokens,
  queryMs,
  megabytes,
  writes,
}: PeerResult): Row {
  return {
    server: name,
    tools,
    "list, tokens": listTokens,
    "first list ms": showInterval(startMs, 0),
    "SELECT 1 p50 ms": queryMs ? showInterval(queryMs) : "",
    "resident MB": megabytes.toFixed(0),
    ...writes,
  };
}
