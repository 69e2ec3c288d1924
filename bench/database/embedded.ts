import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { cpuMilliseconds } from "../gateway/process-figures.ts";
import { type Interval, medianWithInterval } from "../gateway/statistics.ts";
import { progress } from "../measure.ts";
import { memoryOf, program, runCommand } from "./command.ts";
import type { Settings } from "./settings.ts";
import { listTools, startServer } from "./stdio-client.ts";

export interface EmbeddedResult {
  readonly what: string;
  readonly ms: Interval;
  /** Processor time of all threads, in ms; of servers, which can be asked while they live. */
  readonly cpu?: Interval;
  /** Resident once the first answer is there, in MB; of servers. */
  readonly megabytes?: Interval;
  readonly peak: Interval;
}

interface Sample {
  readonly ms: number;
  readonly cpu?: number;
  readonly megabytes?: number;
  readonly peak: number;
}

const SQL = "SELECT 6 * 7 AS answer";

/**
 * In a new home, and in one that has a database: the program to its end, and the server from its start, with
 * `initialize` waiting for it, to its first answer of `run_sql`.
 */
export async function measureEmbedded({ starts }: Settings): Promise<EmbeddedResult[]> {
  progress("starts of the embedded database");
  const samples = new Map<string, Sample[]>();
  const note = (what: string, sample: Sample): void => {
    samples.set(what, [...(samples.get(what) ?? []), sample]);
  };
  const root = mkdtempSync(join(tmpdir(), "trestle-bench-embedded-"));
  try {
    for (let start = 0; start < starts; start += 1) {
      const query = ["sql", SQL, "--json"];
      const env = { TRESTLE_HOME: join(root, `program-${start}`) };
      note("the program alone (--help)", await runCommand(["--help"], env));
      note("a query on the command line, in a new home", await runCommand(query, env));
      note("a query on the command line, opened again", await runCommand(query, env));
      const home = join(root, `server-${start}`);
      note("the server's first run_sql, in a new home", await timeFirstAnswer(home));
      note("the server's first run_sql, opened again", await timeFirstAnswer(home));
    }
  } finally {
    // All at once: a disk that has just lost many files makes new ones slowly.
    rmSync(root, { recursive: true, force: true });
  }
  return [...samples].map(([what, all]) => toResult(what, all));
}

async function timeFirstAnswer(home: string): Promise<Sample> {
  const started = performance.now();
  const server = startServer(process.execPath, [program()], { TRESTLE_HOME: home });
  try {
    await listTools(server);
    const result = await server.request("tools/call", { name: "run_sql", arguments: { sql: SQL } });
    const ms = performance.now() - started;
    if (!JSON.stringify(result).includes("42")) throw new Error(JSON.stringify(result));
    const { now, peak } = memoryOf(server.pid) ?? { now: Number.NaN, peak: Number.NaN };
    return { ms, cpu: cpuMilliseconds(server.pid), megabytes: now, peak };
  } finally {
    await server.stop();
  }
}

function toResult(what: string, samples: readonly Sample[]): EmbeddedResult {
  const of = (value: (sample: Sample) => number | undefined): Interval =>
    medianWithInterval(samples.map((sample) => value(sample) ?? Number.NaN));
  const isServer = samples[0]?.cpu !== undefined;
  return {
    what,
    ms: of(({ ms }) => ms),
    ...(isServer ? { cpu: of(({ cpu }) => cpu) } : {}),
    ...(isServer ? { megabytes: of(({ megabytes }) => megabytes) } : {}),
    peak: of(({ peak }) => peak),
  };
}
