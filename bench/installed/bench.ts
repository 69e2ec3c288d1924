import { cpus } from "node:os";
import process from "node:process";
import { medianWithInterval, ratioWithInterval, showInterval } from "../gateway/statistics.ts";
import { countFrom, type Report, type Row, writeResult } from "../measure.ts";
import { installPacked } from "./install.ts";
import { measureStarts, type Programs, type Start } from "./starts.ts";

const BARE = "bare SDK server";
const MOST = 1.5;

const PROGRAMS: Programs = {
  [BARE]: ["bare.js"],
  database: ["node_modules/.bin/trestle-database"],
  knowledge: ["node_modules/.bin/trestle-knowledge"],
  tracker: ["node_modules/.bin/trestle-tracker"],
  orchestrator: ["node_modules/.bin/trestle-orchestrator"],
  objects: ["node_modules/.bin/trestle-objects"],
  "bridge with all five": ["node_modules/.bin/trestle", "serve", "--stdio"],
};

/**
 * What a start costs of what we publish, as npm installs it, beside the smallest server that one would write with the
 * SDK. Fails where one of ours takes more than 1.5 times its time or memory.
 */
export async function benchInstalled(): Promise<Report> {
  const rounds = countFrom("ROUNDS", 15);
  const starts = await measureStarts(installPacked(), PROGRAMS, rounds);
  const bare = known(starts.get(BARE));
  const rows = [...starts].map(([what, all]) => rowOf(what, all, bare));
  const about = { node: process.version, cpus: cpus().length };
  writeResult("installed", { ...about, rounds, starts: Object.fromEntries(starts) });
  return {
    heading: `Node ${about.node}, ${about.cpus} processors.`,
    tables: [{ title: `From the start to the first list, over stdio; ${rounds} rounds`, rows }],
    failures: [...starts].flatMap(([what, all]) => failuresOf(what, known(all), bare)),
  };
}

/** Without the first start, which met a new home. */
function known(all: readonly Start[] = []): readonly Start[] {
  return all.slice(1);
}

function rowOf(what: string, all: readonly Start[], bare: readonly Start[]): Row {
  const later = known(all);
  const median = (of: (start: Start) => number, digits: number) =>
    medianWithInterval(later.map(of)).median.toFixed(digits);
  return {
    program: what,
    tools: all.at(-1)?.tools ?? 0,
    ms: median(({ ms }) => ms, 0),
    "× bare": showInterval(ratio(({ ms }) => ms, later, bare)),
    "CPU × bare": showInterval(ratio(({ cpuMs }) => cpuMs, later, bare)),
    MB: median(({ megabytes }) => megabytes, 0),
    "MB × bare": showInterval(ratio(({ megabytes }) => megabytes, later, bare)),
    "new home, ms": (all[0]?.ms ?? Number.NaN).toFixed(0),
  };
}

function failuresOf(what: string, later: readonly Start[], bare: readonly Start[]): string[] {
  const figures = { time: ({ ms }: Start) => ms, memory: ({ megabytes }: Start) => megabytes };
  return Object.entries(figures).flatMap(([name, of]) => {
    const { median } = ratio(of, later, bare);
    return median > MOST
      ? [`${what}: ${name} is ${median.toFixed(2)} × that of the bare server.`]
      : [];
  });
}

function ratio(of: (start: Start) => number, ours: readonly Start[], bare: readonly Start[]) {
  return ratioWithInterval(ours.map(of), bare.map(of));
}
