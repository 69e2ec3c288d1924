import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Interval, medianWithInterval } from "../gateway/statistics.ts";
import { progress } from "../measure.ts";
import { runCommand } from "./command.ts";
import type { Settings } from "./settings.ts";

export interface EmbeddedResult {
  readonly what: string;
  readonly ms: Interval;
  readonly peak: Interval;
}

/** The whole program to its end: in a new home, in a home that has a database, and without any database. */
export async function measureEmbedded({ starts }: Settings): Promise<EmbeddedResult[]> {
  progress("starts of the embedded database");
  const figures = new Map<string, { ms: number; peak: number }[]>();
  const run = async (what: string, words: readonly string[], home: string): Promise<void> => {
    const { ms, peak } = await runCommand(words, { TRESTLE_HOME: home });
    figures.set(what, [...(figures.get(what) ?? []), { ms, peak }]);
  };
  for (let start = 0; start < starts; start += 1) {
    const home = mkdtempSync(join(tmpdir(), "trestle-bench-embedded-"));
    try {
      const query = ["sql", "SELECT 6 * 7 AS answer", "--json"];
      await run("the program alone (--help)", ["--help"], home);
      await run("first use in a new home", query, home);
      await run("opened again", query, home);
    } finally {
      rmSync(home, { recursive: true, force: true });
    }
  }
  return [...figures].map(([what, all]) => ({
    what,
    ms: medianWithInterval(all.map(({ ms }) => ms)),
    peak: medianWithInterval(all.map(({ peak }) => peak)),
  }));
}
